import { util } from '@tensorflow/tfjs';
import type { TensorInfo } from '@tensorflow/tfjs';
import { allocate, release, sizeOf } from '../heap.ts';
import type { WasmBackend } from '../heap.ts';
import { address, addressOr0 } from './address.ts';
import { sideKernels } from './side-module.ts';
import type { Tail } from './tail.ts';

/** A product of matrices, or of as many as there are in a batch. */
export interface Product {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Rows up to which XNNPACK's packing of the right-hand matrix costs more than a second thread of it gains. */
const fewRows = 256;

/** Rows of the right-hand matrix that are packed at once. */
const depth = 512;

/**
 * The product by the side module, which reads transposed matrices where they lie; undefined where there is none, where
 * XNNPACK's threads are faster, and for what the stock kernel has to judge.
 */
export function sideMatMul(
  backend: WasmBackend,
  { a, b, transposeA, transposeB }: Product,
  tail: Tail = { bias: undefined, relu: false },
): TensorInfo | undefined {
  const side = sideKernels(backend);
  if (side === undefined || a.dtype !== 'float32' || b.dtype !== 'float32') return undefined;
  const [[rows, inner], [innerOfB, columns]] = [sides(a, transposeA), sides(b, transposeB)];
  const batch = commonBatch(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (batch === undefined || inner !== innerOfB) return undefined;
  if (sizeOf(batch) * rows * inner * columns === 0) return undefined;
  if (backend.wasm.tfjs.getThreadsCount() > 1 && rows > fewRows) return undefined;
  const c = allocate(backend, [...batch, rows, columns], 'float32');
  const panel = allocate(backend, [8 * Math.min(inner, depth)], 'float32');
  const [isManyA, isManyB] = [a, b].map(({ shape }) => sizeOf(shape.slice(0, -2)) > 1);
  for (let i = 0; i < sizeOf(batch); i++)
    side.matMul(
      address(backend, a) + (isManyA ? i * rows * inner * 4 : 0),
      address(backend, b) + (isManyB ? i * inner * columns * 4 : 0),
      addressOr0(backend, tail.bias),
      address(backend, c) + i * rows * columns * 4,
      address(backend, panel),
      rows,
      inner,
      columns,
      transposeA ? 1 : inner,
      transposeA ? rows : 1,
      transposeB ? 1 : columns,
      transposeB ? inner : 1,
      Number(tail.relu),
    );
  release(backend, panel);
  return c;
}

/** Rows and columns, after transposing. */
function sides({ shape }: TensorInfo, isTransposed: boolean): readonly [number, number] {
  const [rows = 0, columns = 0] = shape.slice(-2);
  return isTransposed ? [columns, rows] : [rows, columns];
}

/** Batch axes of both, of which one may have a single matrix; undefined for others. */
function commonBatch(a: number[], b: number[]): readonly number[] | undefined {
  const missing = (shape: number[], other: number[]): number[] =>
    Array.from({ length: Math.max(0, other.length - shape.length) }, () => 1);
  if (sizeOf(b) === 1) return [...missing(a, b), ...a];
  if (sizeOf(a) === 1) return [...missing(b, a), ...b];
  return util.arraysEqual(a, b) ? a : undefined;
}
