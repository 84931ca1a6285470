import type { TensorInfo } from '@tensorflow/tfjs';
import type { Block } from '../block-mean.ts';
import { allocate } from '../heap.ts';
import type { WasmBackend } from '../heap.ts';
import { address } from './address.ts';
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
  side.sumRows(address(backend, x), address(backend, sums), outer, rows, width, factor);
  return sums;
}
