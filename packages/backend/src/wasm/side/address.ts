import type { TensorInfo } from '@tensorflow/tfjs';
import type { NumericDtype, WasmBackend } from '../heap.ts';
import type { Address } from './side-kernels.ts';

/** Where the numbers of a tensor are. Unlike a view, it outlives the growth of the memory. */
export function address(
  backend: WasmBackend,
  info: TensorInfo,
  dtype: NumericDtype = 'float32',
): Address {
  if (info.dtype !== dtype)
    throw new TypeError(`@tfloop/backend: this kernel needs ${dtype}, got ${info.dtype}`);
  return backend.getMemoryOffset(info.dataId);
}

/** One address for each of a list. */
export type Addresses<List extends readonly unknown[]> = { [Index in keyof List]: Address };

/** Where several float32 tensors are. */
export function addresses<const List extends readonly TensorInfo[]>(
  backend: WasmBackend,
  list: List,
): Addresses<List> {
  return list.map((info) => address(backend, info)) as Addresses<List>;
}

/** The address of a tensor that may be missing: 0 where it is. */
export function addressOr0(backend: WasmBackend, info: TensorInfo | undefined): Address {
  return info === undefined ? 0 : address(backend, info);
}
