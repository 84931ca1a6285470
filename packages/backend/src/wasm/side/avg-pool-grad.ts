import { backend_util } from '@tensorflow/tfjs';
import type { AvgPoolGradAttrs, TensorInfo } from '@tensorflow/tfjs';
import { allocate } from '../heap.ts';
import { address } from './address.ts';
import { poolOf } from './pool.ts';
import { sideOverride } from './side-override.ts';

type Shape4D = [number, number, number, number];

/**
 * Gradient of average pooling: an equal part for each element that was in the mean. The stock kernel divides by the size
 * of the window where padding was not in the mean, at the borders of `same`; and it is slow.
 */
export const avgPoolGrad = sideOverride<{ dy: TensorInfo; input: TensorInfo }, AvgPoolGradAttrs>(
  'AvgPoolGrad',
  'wrong',
  ({ inputs: { dy, input }, attrs: { filterSize, strides, pad }, backend }, side) => {
    const shape = input.shape as Shape4D;
    const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad);
    const from = address(backend, dy);
    const dx = allocate(backend, shape, 'float32');
    side.avgPoolGrad(from, address(backend, dx), ...poolOf(info));
    return dx;
  },
);
