import { backend_util, util } from '@tensorflow/tfjs';
import type { AvgPoolGradAttrs, TensorInfo } from '@tensorflow/tfjs';
import { alias } from '../heap.ts';
import { address } from './address.ts';
import { produce } from './produce.ts';
import { sideOverride } from './side-override.ts';
import { windowOf } from './window.ts';

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
    // As forward: windows of one element on as many, wherever strides would place them.
    const isSingle = info.filterHeight * info.filterWidth === 1;
    if (isSingle && util.arraysEqual(dy.shape, shape)) return alias(backend, dy);
    const from = address(backend, dy);
    const channels = info.inChannels;
    // How windows were rounded is not told: dy shows how many there are.
    const [, outHeight = 0, outWidth = 0] = dy.shape;
    const [out] = produce(backend, [shape], [], ([dx]) => {
      side.avgPoolGrad({ dy: from, dx, channels, ...windowOf({ ...info, outHeight, outWidth }) });
    });
    return out;
  },
);
