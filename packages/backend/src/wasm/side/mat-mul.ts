import { util } from '@tensorflow/tfjs';
import type { TensorInfo } from '@tensorflow/tfjs';
import { BYTES, sizeOf } from '../heap.ts';
import type { WasmBackend } from '../heap.ts';
import { addresses, addressOr0 } from './address.ts';
import { hasAllThreads, inParts, partsOf } from './in-parts.ts';
import { produce } from './produce.ts';
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
 * XNNPACK alone has threads and is faster, and for what the stock kernel has to judge.
 */
export function sideMatMul(
  backend: WasmBackend,
  { a, b, transposeA, transposeB }: Product,
  tail: Tail = { bias: undefined, relu: false },
): TensorInfo | undefined {
  if (!sideKernels(backend) || a.dtype !== 'float32' || b.dtype !== 'float32') return undefined;
  const [[rows, inner], [innerOfB, columns]] = [sides(a, transposeA), sides(b, transposeB)];
  const batch = commonBatch(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (batch === undefined || inner !== innerOfB) return undefined;
  if (sizeOf(batch) * rows * inner * columns === 0) return undefined;
  // The stock kernel does batches without XNNPACK, so without its threads.
  if (!hasAllThreads(backend) && rows > fewRows && sizeOf(batch) === 1) return undefined;
  const parts = partsOf(backend, rows, rows * inner * columns);
  const panel = 8 * Math.min(inner, depth);
  const [isManyA, isManyB] = [a, b].map(({ shape }) => sizeOf(shape.slice(0, -2)) > 1);
  const [aAt, bAt] = addresses(backend, [a, b]);
  const biasAt = addressOr0(backend, tail.bias);
  const aRow = transposeA ? 1 : inner;
  const [out] = produce(backend, [[...batch, rows, columns]], [parts * panel], ([c], [panels]) => {
    for (let i = 0; i < sizeOf(batch); i++)
      inParts(backend, 'matMul', rows, parts, (from, to, part) => ({
        a: aAt + BYTES * ((isManyA ? i * rows * inner : 0) + from * aRow),
        b: bAt + BYTES * (isManyB ? i * inner * columns : 0),
        bias: biasAt,
        c: c + BYTES * (i * rows + from) * columns,
        panel: panels + BYTES * part * panel,
        rows: to - from,
        inner,
        columns,
        aRow,
        aColumn: transposeA ? rows : 1,
        bRow: transposeB ? 1 : columns,
        bColumn: transposeB ? inner : 1,
        relu: Number(tail.relu),
      }));
  });
  return out;
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
