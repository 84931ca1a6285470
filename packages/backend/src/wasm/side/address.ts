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

/** One address for each of a list, or for each name. */
export type Addresses<Infos> = { readonly [Key in keyof Infos]: Address };

/** Where several float32 tensors are. */
export function addresses<const List extends readonly TensorInfo[]>(
  backend: WasmBackend,
  list: List,
): Addresses<List> {
  return list.map((info) => address(backend, info)) as Addresses<List>;
}

/** Where float32 tensors are, by name. */
export function namedAddresses<Infos extends Readonly<Record<string, TensorInfo>>>(
  backend: WasmBackend,
  infos: Infos,
): Addresses<Infos> {
  const found: Record<string, Address> = {};
  for (const [name, info] of Object.entries(infos)) found[name] = address(backend, info);
  return found as Addresses<Infos>;
}

/** The address of a tensor that may be missing: 0 where it is. */
export function addressOr0(backend: WasmBackend, info: TensorInfo | undefined): Address {
  return info === undefined ? 0 : address(backend, info);
}
