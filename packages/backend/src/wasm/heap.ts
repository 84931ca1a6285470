import { backend_util, util } from '@tensorflow/tfjs';
import type { DataType, TensorInfo } from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/** The numeric dtypes that live in WASM memory; strings live beside it. */
export type NumericDtype = 'float32' | 'int32' | 'bool';

/** What this package uses of the WASM back end. */
export type WasmBackend = Pick<
  BackendWasm,
  | 'typedArrayFromHeap'
  | 'makeOutput'
  | 'incRef'
  | 'disposeData'
  | 'getMemoryOffset'
  | 'wasm'
  | 'dispose'
>;

/** Bytes of a float32 or an int32. */
export const BYTES = 4;

/** A view of a tensor inside WASM memory; it dies when the memory grows, so take it after the last allocation. */
export function view(backend: WasmBackend, info: TensorInfo): backend_util.TypedArray {
  return backend.typedArrayFromHeap(info);
}

/** A view of a float32 tensor inside WASM memory, under the same rule as {@link view}. */
export function floats(backend: WasmBackend, info: TensorInfo): Float32Array {
  const values = view(backend, info);
  if (!(values instanceof Float32Array)) {
    throw new TypeError(`@tfloop/backend: this kernel needs float32, got ${info.dtype}`);
  }
  return values;
}

/**
 * Copies between two tensors of one dtype without a view for each run: `to`, `from` and `count` are elements of theirs.
 * Under the same rule as {@link view}.
 */
export function copier(
  backend: WasmBackend,
  source: TensorInfo,
  target: TensorInfo,
): (to: number, from: number, count: number) => void {
  const from = view(backend, source);
  const to = view(backend, target);
  const size = from.BYTES_PER_ELEMENT;
  const memory = new Uint8Array(from.buffer);
  return (at, start, count) => {
    const begin = from.byteOffset + start * size;
    memory.copyWithin(to.byteOffset + at * size, begin, begin + count * size);
  };
}

/** The same tensor with all elements set; what stock kernels make of empty sums is as it was allocated. */
export function filled(backend: WasmBackend, info: TensorInfo, value: number): TensorInfo {
  view(backend, info).fill(value);
  return info;
}

/** An uninitialised tensor in WASM memory. */
export function allocate(
  backend: WasmBackend,
  shape: readonly number[],
  dtype: DataType,
): TensorInfo {
  return backend.makeOutput([...shape], dtype);
}

/** The same data under a new name, at the price of a reference count. */
export function alias(backend: WasmBackend, info: TensorInfo): TensorInfo {
  backend.incRef(info.dataId);
  return { dataId: info.dataId, shape: info.shape, dtype: info.dtype };
}

/** Gives up one reference to the data of a tensor. */
export function release(backend: WasmBackend, info: TensorInfo): void {
  backend.disposeData(info.dataId);
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return util.sizeFromShape([...shape]);
}
