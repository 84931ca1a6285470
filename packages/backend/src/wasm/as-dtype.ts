import type { TensorInfo } from '@tensorflow/tfjs';
import type { Run } from './compose.ts';
import type { NumericDtype } from './heap.ts';

/** A tensor in a dtype: itself where it has that, else a cast of it. */
export function asDtype(run: Run, x: TensorInfo, dtype: NumericDtype): TensorInfo {
  return x.dtype === dtype ? x : run('Cast', { x }, { dtype });
}
