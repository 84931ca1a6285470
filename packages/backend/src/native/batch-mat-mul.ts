import { tidy } from '@tensorflow/tfjs';
import type { TensorInfo } from '@tensorflow/tfjs';
import { override } from './override.ts';
import { reshaped } from './reshape.ts';
import { bool, floats, run, type TensorFlow } from './tensorflow.ts';

interface Inputs {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
}

interface Attrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/**
 * The product of two matrices, also as batches of one, by the op that is for nothing else; stock takes the one for batches
 * of them, which is slower.
 */
export const batchMatMul = override<Inputs, Attrs>(
  'BatchMatMul',
  'slow',
  ({ inputs: { a, b }, attrs: { transposeA, transposeB }, backend }, stock) => {
    if (!isMatrix(a) || !isMatrix(b)) return stock();
    const attributes = [
      floats(backend, 'T'),
      bool(backend, 'transpose_a', transposeA),
      bool(backend, 'transpose_b', transposeB),
    ];
    if (a.shape.length === 2 && b.shape.length === 2)
      return run(backend, 'MatMul', [a, b], attributes);
    return tidy(() => {
      const product = run(backend, 'MatMul', [flat(backend, a), flat(backend, b)], attributes);
      const ones = Math.max(a.shape.length, b.shape.length) - 2;
      return reshaped(backend, product, [...Array<number>(ones).fill(1), ...product.shape]);
    });
  },
);

function isMatrix({ shape, dtype }: TensorInfo): boolean {
  return dtype === 'float32' && shape.slice(0, -2).every((size) => size === 1);
}

function flat(backend: TensorFlow, x: TensorInfo): TensorInfo {
  return x.shape.length === 2 ? x : reshaped(backend, x, x.shape.slice(-2));
}
