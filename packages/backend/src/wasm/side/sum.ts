import type { TensorInfo } from '@tensorflow/tfjs';
import type { Block } from '../block-mean.ts';
import { allocate } from '../heap.ts';
import type { WasmBackend } from '../heap.ts';
import { namedAddresses } from './address.ts';
import { sideKernels } from './side-module.ts';

/** Sums over the rows of a block, times `factor`, by the side module; undefined where there is none. */
export function sideSum(
  backend: WasmBackend,
  x: TensorInfo,
  { outer, rows, width, shape }: Block,
  factor: number,
): TensorInfo | undefined {
  const side = sideKernels(backend);
  if (side === undefined) return undefined;
  const sums = allocate(backend, shape, 'float32');
  const at = namedAddresses(backend, { x, sums });
  side.sumRows({ outer, rows, columns: width, factor, ...at });
  return sums;
}
