import { util } from '@tensorflow/tfjs';
import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import { integers } from './constants.ts';
import { override } from './override.ts';
import { floats, ints, run, type TensorFlow } from './tensorflow.ts';

/**
 * To the shape that a tensor has already, its data is shared. To another it takes an op, as TensorFlow keeps a shape
 * with the data; that has its new shape from a constant.
 */
export const reshape = override<{ readonly x: TensorInfo }, { readonly shape: number[] }>(
  'Reshape',
  'slow',
  ({ inputs: { x }, attrs: { shape }, backend }, stock) => {
    const whole = util.inferFromImplicitShape(shape, util.sizeFromShape(x.shape));
    if (util.arraysEqual(whole, x.shape)) {
      backend.incRef(x.dataId);
      return { dataId: x.dataId, shape: whole, dtype: x.dtype };
    }
    if (x.dtype !== 'float32') return stock();
    return reshaped(backend, x, whole);
  },
);

/** The same float32 numbers in another shape, in the same memory. */
export function reshaped(backend: TensorFlow, x: TensorInfo, shape: readonly number[]): Tensor {
  return run(
    backend,
    'Reshape',
    [x, integers(backend, shape)],
    [floats(backend, 'T'), ints(backend, 'Tshape')],
  );
}
