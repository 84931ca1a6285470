import { afterAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { createHash } from 'node:crypto';
import { useBackend } from '@tfloop/backend';
import { activeBackend } from '../src/wasm/active-backend.ts';
import { WORTH } from '../src/wasm/side/in-parts.ts';
import { sidePool } from '../src/wasm/side/side-module.ts';
import { kernel, random } from './compare.ts';

const use = async (threads: number) =>
  useBackend({ backend: 'wasm', threads, log: () => undefined });

afterAll(async () => use(1));

/** Kernels with enough work to be shared, in shapes that do not divide by the number of threads. */
function results(): tf.Tensor[] {
  const x = random(1, [5, 17, 16, 6]);
  const filter = random(2, [3, 3, 6, 111]);
  const same = { pad: 'same', dataFormat: 'NHWC', dilations: 1 };
  const one = { ...same, strides: 1 };
  const two = { ...same, strides: [2, 2] };
  const dy1 = random(3, [5, 17, 16, 111]);
  const dy2 = random(4, [5, 9, 8, 413]);
  const wide = random(5, [3, 3, 6, 413]);
  const [a, b] = [random(6, [211, 199]), random(7, [207, 199])];
  return [
    kernel('Conv2D', { x, filter }, one),
    kernel('Conv2DBackpropFilter', { x, dy: dy1 }, { ...one, filterShape: filter.shape }),
    kernel('Conv2DBackpropInput', { dy: dy1, filter }, { ...one, inputShape: x.shape }),
    kernel('Conv2DBackpropInput', { dy: dy2, filter: wide }, { ...two, inputShape: x.shape }),
    tf.matMul(a, b, false, true),
    tf.matMul(a, random(8, [211, 211]), true, false),
    tf.tanh(random(9, [500_009])),
  ];
}

/** Their bits, as what is quick to compare. */
const read = (): string[] =>
  tf.tidy(() =>
    results().map((t) =>
      createHash('sha1').update(new Uint8Array(t.dataSync().buffer)).digest('hex'),
    ),
  );

test('that work is enough', () => {
  for (const multiplications of [
    5 * 17 * 16 * 111 * 54,
    5 * 9 * 8 * 413 * 54,
    211 * 199 * 207,
    16 * 500_009,
  ])
    expect(multiplications).toBeGreaterThan(WORTH);
});

test('parts of the work on two and three threads give the bits of one', async () => {
  await use(1);
  expect(sidePool(activeBackend())).toBeUndefined();
  const expected = read();
  for (const threads of [2, 3]) {
    await use(threads);
    expect(sidePool(activeBackend())?.threads).toBe(threads);
    expect(read()).toEqual(expected);
    expect(read()).toEqual(expected);
  }
});

test('a part that fails in its thread is an error, and the thread goes on', async () => {
  await use(2);
  const pool = sidePool(activeBackend());
  const { buffer } = (activeBackend().wasm as unknown as { wasmMemory: WebAssembly.Memory })
    .wasmMemory;
  const beyond = buffer.byteLength;
  expect(() => {
    pool?.run('segmentSum', [
      { x: 0, ids: 0, sums: 0, rows: 0, width: 0, segments: 0 },
      { x: 0, ids: 0, sums: beyond, rows: 0, width: 1, segments: 1 },
    ]);
  }).toThrow('@tfloop/backend: a part of the kernel segmentSum failed in its thread');
  tf.tidy(() => {
    expect(
      tf
        .matMul(tf.ones([128, 128]), tf.ones([128, 128]))
        .min()
        .dataSync()[0],
    ).toBe(128);
  });
});
