import { afterEach, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import util from 'node:util';
import { describeBackend, useBackend } from '@tfloop/backend';
import type { UseBackendOptions } from '@tfloop/backend';
import './without-native.ts';

afterEach(() => {
  delete process.env['TFLOOP_BACKEND'];
});

/** Calls useBackend and keeps the lines it says. */
async function use(options: UseBackendOptions = {}) {
  const lines: string[] = [];
  const description = await useBackend({ ...options, log: (line) => lines.push(line) });
  return { description, lines };
}

test('before any back end, describeBackend says what to call', () => {
  expect(() => describeBackend()).toThrow('call `await useBackend()` first');
});

test('without a wish it takes WASM where native is not installed, and says why in one line', async () => {
  const { description, lines } = await use();
  expect(description).toMatchObject({
    name: 'wasm',
    engineName: 'wasm',
    packageName: '@tensorflow/tfjs-backend-wasm',
    version: '4.22.0',
    threads: 1,
    reason:
      '@tensorflow/tfjs-node-gpu is not installed, @tensorflow/tfjs-node is not installed (run `npx tfloop-native`, which installs @tensorflow/tfjs-node (or -gpu))',
  });
  expect(describeBackend()).toEqual(description);
  expect(lines).toEqual([
    `@tfloop/backend: wasm (@tensorflow/tfjs-backend-wasm 4.22.0, 1 thread, ${description.overrides.length} overrides for training): ${description.reason}`,
  ]);
});

test('a second call for the same back end is quiet, one for another switches', async () => {
  await use({ backend: 'wasm' });
  expect((await use({ backend: 'wasm' })).lines).toEqual([]);
  const { description, lines } = await use({ backend: 'cpu' });
  expect(tf.getBackend()).toBe('cpu');
  expect(description).toMatchObject({ name: 'cpu', threads: 1, overrides: [] });
  expect(lines).toEqual([expect.stringContaining('cpu')]);
  expect((await use({ backend: 'wasm' })).lines).toHaveLength(1);
  expect(tf.getBackend()).toBe('wasm');
});

test('threads that a back end does not take are told in the reason', async () => {
  const { description, lines } = await use({ backend: 'cpu', threads: 2 });
  const reason =
    'asked for by the backend option; 1 thread instead of 2, as plain JavaScript runs on one';
  expect(description).toMatchObject({ threads: 1, reason });
  expect(lines).toEqual([expect.stringContaining(reason)]);
  expect((await use({ backend: 'cpu', threads: 1 })).description.reason).toBe(
    'asked for by the backend option',
  );
  await use({ backend: 'wasm' });
});

test('tensors made before a switch are still there after it', async () => {
  await use({ backend: 'cpu' });
  const x = tf.tensor1d([1, 2, 3]);
  await use({ backend: 'wasm' });
  expect(Array.from(tf.tidy(() => tf.mul(x, 2).dataSync()))).toEqual([2, 4, 6]);
  x.dispose();
});

test('threads that native would have are not set where there is no native', async () => {
  const before = process.env['TF_NUM_INTRAOP_THREADS'];
  await use({ threads: 1 });
  expect(process.env['TF_NUM_INTRAOP_THREADS']).toBe(before);
});

test('TFLOOP_BACKEND chooses, and the option is stronger', async () => {
  process.env['TFLOOP_BACKEND'] = 'cpu';
  const { description } = await use();
  expect(description).toMatchObject({ name: 'cpu', reason: 'asked for by TFLOOP_BACKEND' });
  expect((await use({ backend: 'wasm' })).description).toMatchObject({
    name: 'wasm',
    reason: 'asked for by the backend option',
  });
  process.env['TFLOOP_BACKEND'] = '';
  expect((await use()).description.name).toBe('wasm');
});

describe('what can not be had is an error that says what to do:', () => {
  const allowed = 'one of native, wasm, cpu, webgl, webgpu';

  test('an unknown name', async () => {
    await expect(use({ backend: 'gpu' as 'native' })).rejects.toThrow(
      new RangeError(`useBackend: backend must be ${allowed}, got "gpu"`),
    );
    process.env['TFLOOP_BACKEND'] = 'fast';
    await expect(use()).rejects.toThrow(
      new RangeError(`useBackend: TFLOOP_BACKEND must be ${allowed}, got "fast"`),
    );
  });

  test('an option that there is not', async () => {
    await expect(use({ backEnd: 'cpu' } as object)).rejects.toThrow(
      new RangeError(
        'useBackend: there is no option "backEnd"; the options are backend, wasmPaths, threads, without, log',
      ),
    );
  });

  test('options of another kind', async () => {
    for (const [options, message] of [
      [5, 'options must be an object, got 5'],
      [{ without: 'Conv2D' }, 'without must be a list of overrides\' names, got "Conv2D"'],
      [{ log: 5 }, 'log must be a function, got 5'],
    ] as const)
      await expect(useBackend(options as object)).rejects.toThrow(
        new TypeError(`useBackend: ${message}`),
      );
    for (const wasmPaths of [5, '/wasm', { 'foo.wasm': '/x' }])
      await expect(useBackend({ wasmPaths } as object)).rejects.toThrow(
        "wasmPaths must be a folder's URL, which ends in /, or a URL for each of tfjs-backend-wasm.wasm, " +
          `tfjs-backend-wasm-simd.wasm, tfjs-backend-wasm-threaded-simd.wasm, got ${JSON.stringify(wasmPaths)}`,
      );
    await expect(use({ threads: '2' } as object)).rejects.toThrow('got "2"');
  });

  test('native, webgl and webgpu, which leave the active back end as it was', async () => {
    await use({ backend: 'cpu' });
    await expect(use({ backend: 'native' })).rejects.toThrow('`npx tfloop-native`');
    await expect(use({ backend: 'webgl' })).rejects.toThrow('use a browser with WebGL');
    await expect(use({ backend: 'webgpu' })).rejects.toThrow(
      '`npm install webgpu @tensorflow/tfjs-backend-webgpu`',
    );
    expect(tf.getBackend()).toBe('cpu');
  });
});

test('the util functions that Node 23 removed are there before tfjs-node loads', async () => {
  const original = Reflect.get(util, 'isNullOrUndefined') as unknown;
  Reflect.set(util, 'isNullOrUndefined', undefined);
  await expect(use({ backend: 'native' })).rejects.toThrow('not installed');
  const restored = Reflect.get(util, 'isNullOrUndefined') as (value: unknown) => boolean;
  expect([restored(null), restored(undefined), restored(0)]).toEqual([true, true, false]);
  Reflect.set(util, 'isNullOrUndefined', original ?? restored);
});

test('starting WASM leaves nobody behind who listens for the errors of the program', async () => {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const listeners = () => events.map((event) => (process as NodeJS.EventEmitter).listeners(event));
  const before = listeners();
  const own = (): void => undefined;
  process.on('uncaughtException', own);
  tf.removeBackend('wasm');
  await use({ backend: 'wasm', threads: 1 });
  process.off('uncaughtException', own);
  expect(listeners()).toEqual(before);
});
