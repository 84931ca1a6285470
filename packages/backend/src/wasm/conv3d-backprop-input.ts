import { backend_util } from '@tensorflow/tfjs';
import type { Conv3DBackpropInputV2Attrs, TensorInfo } from '@tensorflow/tfjs';
import { compose } from './compose.ts';
import { addImages, depthTaps, imagesOf, tapOf } from './depth-taps.ts';
import { release, sizeOf } from './heap.ts';
import { override } from './override.ts';
import { zeros } from './shape-ops.ts';
import { imageAttrs, seenVolumes } from './volume.ts';

type Shape5D = [number, number, number, number, number];

/**
 * Gradient of a 3D convolution with respect to its input, and with that a transposed 3D convolution: the sum of those of 2D
 * convolutions, one for each depth of the filter. The stock kernel is wrong.
 */
export const conv3dBackpropInput = override<
  { dy: TensorInfo; filter: TensorInfo },
  Conv3DBackpropInputV2Attrs
>('Conv3DBackpropInputV2', 'wrong', ({ inputs: { dy, filter }, attrs, backend }) => {
  const { strides, pad, inputShape } = attrs;
  const filterShape = filter.shape as Shape5D;
  const { info, restore } = seenVolumes(
    backend_util.computeConv3DInfo(inputShape, filterShape, strides, 1, pad),
  );
  const { batchSize, inDepth, inHeight, inWidth, inChannels } = info;
  const image = [inHeight, inWidth, inChannels];
  return compose(backend, (run) => {
    if (sizeOf(inputShape) * sizeOf(dy.shape) === 0) return zeros(run, inputShape);
    const dx = zeros(run, [batchSize, inDepth, ...image]);
    for (const { depth, seen, out } of depthTaps(info)) {
      const part = compose(backend, (step, adopt) =>
        step(
          'Conv2DBackpropInput',
          { dy: adopt(imagesOf(backend, dy, out)), filter: tapOf(step, filter, depth) },
          { ...imageAttrs(info), inputShape: [batchSize * seen.count, ...image] },
        ),
      );
      addImages(backend, part, dx, seen);
      release(backend, part);
    }
    return restore(run, dx);
  });
});
