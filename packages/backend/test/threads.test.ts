import { afterEach, describe, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { describeBackend, useBackend } from '@tfloop/backend';
import { bundleProgram } from '@tfloop/tools/bundle-program';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { random } from './compare.ts';

afterEach(() => {
  delete process.env['TFLOOP_THREADS'];
});

async function use(threads?: number, lines: string[] = []) {
  return useBackend({
    backend: 'wasm',
    ...(threads === undefined ? {} : { threads }),
    log: (line) => lines.push(line),
  });
}

/** Loss, gradients and a prediction of a small network: every kernel with threads of its own, and those of ours. */
function train(): number[][] {
  const x = random(1, [8, 12, 12, 3]) as tf.Tensor4D;
  const filter = tf.tidy(() => tf.variable(random(2, [3, 3, 3, 16]) as tf.Tensor4D));
  const matrix = tf.tidy(() => tf.variable(random(3, [576, 10]) as tf.Tensor2D));
  const f = (): tf.Scalar => {
    const maps = tf.relu(tf.conv2d(x, filter, 1, 'same'));
    const pooled = tf.avgPool(tf.maxPool(maps, 2, 1, 'same'), 2, 2, 'valid');
    return tf.mean(tf.logSumExp(tf.matMul(tf.reshape(pooled, [8, -1]), matrix), 1));
  };
  const results = tf.tidy(() => {
    const { value, grads } = tf.variableGrads(f);
    // Products of batches, of many rows, and of long sums.
    const products = [
      tf.matMul(random(4, [2, 300, 70]), random(5, [2, 70, 30])),
      tf.matMul(random(6, [300, 1100]), random(7, [1100, 20])),
    ];
    return [value, ...Object.values(grads), ...products].map((t) => Array.from(t.dataSync()));
  });
  tf.dispose([x, filter, matrix]);
  return results;
}

test('two threads give the bits of one, and tensors survive the change', async () => {
  expect((await use(1)).threads).toBe(1);
  const kept = tf.tensor1d([1, 2, 3]);
  const word = tf.tensor1d(['a']);
  const one = train();
  const before = tf.memory().numTensors;
  const lines: string[] = [];
  expect((await use(2, lines)).threads).toBe(2);
  expect(lines).toEqual([expect.stringContaining('2 threads')]);
  expect(train()).toEqual(one);
  expect(Array.from(tf.tidy(() => tf.mul(kept, 2).dataSync()))).toEqual([2, 4, 6]);
  expect(word.dataSync()).toEqual(['a']);
  expect(tf.memory().numTensors).toBe(before);
  // Without a wish what runs keeps running.
  expect((await use()).threads).toBe(2);
  expect((await use(1)).threads).toBe(1);
  expect(Array.from(kept.dataSync())).toEqual([1, 2, 3]);
  tf.dispose([kept, word]);
});

test('the start leaves neither listeners nor a global Worker behind', async () => {
  await use(1);
  const state = () => [
    process.listenerCount('uncaughtException'),
    process.listenerCount('unhandledRejection'),
    'Worker' in globalThis,
  ];
  const before = state();
  await use(2);
  expect(state()).toEqual(before);
  tf.removeBackend('wasm');
  expect(state()).toEqual(before);
});

test('where the threaded build does not start there is one thread, and the reason says why', async () => {
  await use(1);
  const instantiate = jest
    .spyOn(WebAssembly, 'instantiate')
    .mockRejectedValueOnce(new RangeError('could not allocate memory'));
  const { threads, reason } = await use(2);
  instantiate.mockRestore();
  expect({ threads, reason }).toEqual({
    threads: 1,
    reason: 'asked for by the backend option; 1 thread instead of 2, as could not allocate memory',
  });
});

test('calls at the same time are done one after the other', async () => {
  const [wasm, cpu] = await Promise.all([
    use(1),
    useBackend({ backend: 'cpu', log: () => undefined }),
  ]);
  expect([wasm.name, cpu.name, tf.getBackend()]).toEqual(['wasm', 'cpu', 'cpu']);
  await use(1);
});

test('the threads of an instance end with its last tensor', async () => {
  await use(2);
  const old = tf.engine().registry['wasm']!;
  const kept = tf.tensor1d([1, 2]);
  const dispose = jest.spyOn(old, 'dispose');
  await use(1);
  expect(dispose).not.toHaveBeenCalled();
  expect(Array.from(tf.tidy(() => tf.add(kept, 1).dataSync()))).toEqual([2, 3]);
  expect(dispose).toHaveBeenCalledTimes(1);
  kept.dispose();
});

test('TFLOOP_THREADS sets the number, and the option is stronger', async () => {
  process.env['TFLOOP_THREADS'] = '2';
  expect((await use()).threads).toBe(2);
  expect((await use(1)).threads).toBe(1);
});

test('more threads than WASM takes are told in the reason', async () => {
  const { threads, reason } = await use(9);
  expect(threads).toBe(8);
  expect(reason).toBe(
    'asked for by the backend option; 9 threads were asked for, and WASM takes 8 here',
  );
  expect(await use(9)).toEqual(describeBackend());
  await use(1);
});

describe('a number that is none is refused:', () => {
  test.each([
    [0, '0'],
    [1.5, '1.5'],
    [-1, '-1'],
    [1025, '1025'],
    [Number.NaN, 'NaN'],
    ['2' as unknown as number, '"2"'],
  ])('%p', async (threads, shown) => {
    await expect(use(threads)).rejects.toThrow(
      new RangeError(`useBackend: threads must be an integer from 1 to 1024, got ${shown}`),
    );
  });

  test('in TFLOOP_THREADS', async () => {
    process.env['TFLOOP_THREADS'] = 'many';
    await expect(use()).rejects.toThrow(
      'TFLOOP_THREADS must be an integer from 1 to 1024, got "many"',
    );
  });
});

test('a program with threads, and a worker of it with threads of its own, end by themselves', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'threads-'));
  const program = await bundleProgram(join(__dirname, 'threads-process.ts'), folder);
  const said = execFileSync(process.execPath, [program], { encoding: 'utf8', timeout: 50_000 });
  rmSync(folder, { recursive: true });
  const expected = { threads: 2, reason: 'asked for by the backend option', sum: 64 ** 3 };
  expect(
    said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([
    { isMainThread: true, ...expected },
    { isMainThread: false, ...expected },
  ]);
});
