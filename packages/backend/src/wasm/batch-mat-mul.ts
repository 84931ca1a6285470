import { broadcast_util } from '@tensorflow/tfjs';
import type { BatchMatMulAttrs, TensorInfo } from '@tensorflow/tfjs';
import { compose } from './compose.ts';
import type { Run } from './compose.ts';
import { allocate, filled, sizeOf } from './heap.ts';
import { override } from './override.ts';
import { reshape, transpose } from './shape-ops.ts';
import { sideMatMul } from './side/mat-mul.ts';

/**
 * Matrix product by the side module. Without it, transposed operands are really transposed first, as only the plain product
 * of single matrices reaches XNNPACK; batches of matrices stay with the stock kernel, except when they share the right-hand
 * one.
 */
export const batchMatMul = override<{ a: TensorInfo; b: TensorInfo }, BatchMatMulAttrs>(
  'BatchMatMul',
  'slow',
  ({ inputs: { a, b }, attrs: { transposeA, transposeB }, backend }, stock) => {
    if (sizeOf(a.shape) * sizeOf(b.shape) === 0) {
      const rows = a.shape.at(transposeA ? -1 : -2) ?? 0;
      const columns = b.shape.at(transposeB ? -2 : -1) ?? 0;
      const [ofA, ofB] = [a, b].map(({ shape }) => shape.slice(0, -2));
      const batch = broadcast_util.assertAndGetBroadcastShape(ofA ?? [], ofB ?? []);
      return filled(backend, allocate(backend, [...batch, rows, columns], 'float32'), 0);
    }
    const product = sideMatMul(backend, { a, b, transposeA, transposeB });
    if (product !== undefined) return product;
    const plain = !transposeA && !transposeB;
    const batchOfA = sizeOf(a.shape.slice(0, -2));
    const single = sizeOf(b.shape.slice(0, -2)) === 1 && (batchOfA === 1 || !transposeA);
    const isFast = plain && batchOfA === 1;
    if (!single || isFast) return stock();
    if (a.dtype !== 'float32' || b.dtype !== 'float32') return stock();
    return compose(backend, (run) => {
      const left = flat(run, a, transposeA);
      const right = flat(run, b, transposeB);
      if (left.shape[1] !== right.shape[0]) return stock();
      const [rows = 0, inner = 0] = left.shape;
      const columns = right.shape[1] ?? 0;
      const product = run(
        'BatchMatMul',
        { a: reshape(run, left, [1, rows, inner]), b: reshape(run, right, [1, inner, columns]) },
        { transposeA: false, transposeB: false },
      );
      return reshape(run, product, outShape(a, b, rows / batchOfA, columns));
    });
  },
);

/** All matrices of a batch under one another, or the transpose of a single one. */
function flat(run: Run, x: TensorInfo, isTransposed: boolean): TensorInfo {
  const columns = x.shape.at(-1) ?? 0;
  const matrix = reshape(run, x, [sizeOf(x.shape) / columns, columns]);
  return isTransposed ? transpose(run, matrix, [1, 0]) : matrix;
}

/** Batch axes of the operand that has more of them; all axes of the other are 1. */
function outShape(a: TensorInfo, b: TensorInfo, rows: number, columns: number): number[] {
  const batch = a.shape.slice(0, -2);
  const missing = Math.max(0, b.shape.length - a.shape.length);
  return [...Array.from({ length: missing }, () => 1), ...batch, rows, columns];
}
