import { expect } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { useBackend, type BackendDescription } from '@tfloop/backend';
import { values } from './values.ts';

export { values };

/** A random float32 tensor on the back end that is active. */
export function random(
  seed: number,
  shape: readonly number[],
  kind: 'normal' | 'tied' = 'normal',
): tf.Tensor {
  return tf.tensor(
    values(
      seed,
      shape.reduce((a, b) => a * b, 1),
      kind,
    ),
    [...shape],
    'float32',
  );
}

/** A random tensor of a dtype; floats and integers between -9 and 9. */
export function randomOf(
  dtype: 'float32' | 'int32' | 'bool',
  seed: number,
  shape: readonly number[],
): tf.Tensor {
  // Flat first: binary kernels of WASM stop at six axes.
  const x = tf.mul(random(seed, [shape.reduce((a, b) => a * b, 1)]), 9);
  return tf.reshape(dtype === 'bool' ? tf.greater(x, 0) : tf.cast(x, dtype), [...shape]);
}

/** What a computation gave, copied off the back end. */
export interface Result {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: readonly number[];
}

/**
 * What stands where a test says WASM, so that the same comparisons serve another engine: what TFLOOP_TEST_ENGINE names
 * (`tensorflow`, where tfloop-native has installed it; with native-setup.ts).
 */
export const engine = process.env['TFLOOP_TEST_ENGINE'] ?? 'wasm';

/** Makes it the one that is active, without the overrides that are named. */
export function useEngine(without: readonly string[] = []): Promise<BackendDescription> {
  const backend = engine === 'tensorflow' ? 'native' : 'wasm';
  return useBackend({ backend, without, log: () => undefined });
}

/** Runs `compute` on a back end, checks that it leaves no tensor behind, and reads what it returns. */
export async function runOn(backend: string, compute: () => tf.Tensor[]): Promise<Result[]> {
  await tf.setBackend(backend === 'wasm' ? engine : backend);
  const before = tf.memory();
  const results = tf.tidy(compute);
  const read = results.map((t) => ({
    shape: t.shape,
    dtype: t.dtype,
    values: Array.from(t.dataSync()),
  }));
  tf.dispose(results);
  const after = tf.memory();
  expect([after.numTensors, after.numDataBuffers]).toEqual([
    before.numTensors,
    before.numDataBuffers,
  ]);
  return read;
}

/**
 * The least scale of sums of products of {@link random} numbers: where they cancel, and where a ReLU leaves nothing but that,
 * rounding is still that of the terms.
 */
export const sumsOfProducts = { scale: 0.1 } as const;

/** Asserts equal shapes and values within `tolerance` of the greatest expected magnitude (or of `scale`). */
export function expectClose(
  actual: readonly Result[],
  expected: readonly Result[],
  { tolerance = 1e-5, scale = 0 }: { tolerance?: number; scale?: number } = {},
): void {
  expect(actual.map((r) => [r.shape, r.dtype])).toEqual(expected.map((r) => [r.shape, r.dtype]));
  actual.forEach((result, i) => {
    const reference = expected[i]?.values ?? [];
    const limit =
      tolerance *
      reference.filter(Number.isFinite).reduce((m, v) => Math.max(m, Math.abs(v)), scale);
    let worst = 0;
    result.values.forEach((value, j) => {
      const wanted = reference[j] ?? 0;
      const difference = Object.is(value, wanted) ? 0 : Math.abs(value - wanted);
      // NaN stays.
      worst = Math.max(worst, difference);
    });
    expect({ i, worst, limit, ok: worst <= limit }).toMatchObject({ ok: true });
  });
}

/** Runs `compute` on WASM and on the CPU back end and asserts that they agree. */
export async function expectSame(
  compute: () => tf.Tensor[],
  options: { tolerance?: number; scale?: number } = {},
): Promise<void> {
  const expected = await runOn('cpu', compute);
  const actual = await runOn('wasm', compute);
  expectClose(actual, expected, options);
}

/** Runs one kernel by name on the active back end. */
export function kernel(
  name: string,
  inputs: Record<string, tf.Tensor>,
  attrs: tf.NamedAttrMap,
): tf.Tensor {
  return tf.engine().runKernel(name, inputs, attrs);
}
