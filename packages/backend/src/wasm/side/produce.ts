import type { TensorInfo } from '@tensorflow/tfjs';
import { allocate, release } from '../heap.ts';
import type { WasmBackend } from '../heap.ts';
import { addresses, type Addresses } from './address.ts';

type Shape = readonly number[];

/**
 * Makes float32 tensors of the given shapes: `fill` gets where they are, and where scratch memory of so many float32
 * numbers is, which goes afterwards. When the memory does not suffice, or `fill` throws, nothing is left of either.
 */
export function produce<
  const Shapes extends readonly Shape[],
  const Sizes extends readonly number[],
>(
  backend: WasmBackend,
  shapes: Shapes,
  scratch: Sizes,
  fill: (out: Addresses<Shapes>, scratch: Addresses<Sizes>) => void,
): { [Index in keyof Shapes]: TensorInfo } {
  const made: TensorInfo[] = [];
  const make = (shape: Shape): TensorInfo => {
    const info = allocate(backend, shape, 'float32');
    made.push(info);
    return info;
  };
  let kept: readonly TensorInfo[] = [];
  try {
    const out = shapes.map(make) as { [Index in keyof Shapes]: TensorInfo };
    const space = scratch.map((size) => make([size])) as { [Index in keyof Sizes]: TensorInfo };
    fill(addresses(backend, out), addresses(backend, space));
    kept = out;
    return out;
  } finally {
    for (const info of made) if (!kept.includes(info)) release(backend, info);
  }
}
