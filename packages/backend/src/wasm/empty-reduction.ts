import { backend_util, util } from '@tensorflow/tfjs';
import type { DataType, TensorInfo } from '@tensorflow/tfjs';
import { allocate, filled } from './heap.ts';
import type { WasmBackend } from './heap.ts';

/** Zeros in the shape of a reduction of an empty tensor: the sum of nothing and, as on the CPU back end, its mean. */
export function emptyReduction(
  backend: WasmBackend,
  { shape }: TensorInfo,
  axis: number | number[],
  keepDims: boolean,
  dtype: DataType,
): TensorInfo {
  const axes = util.parseAxisParam(axis, shape);
  const [kept] = backend_util.computeOutAndReduceShapes(shape, axes);
  const out = keepDims ? backend_util.expandShapeToKeepDim(kept, axes) : kept;
  return filled(backend, allocate(backend, out, dtype), 0);
}
