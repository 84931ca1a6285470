import { backend_util } from '@tensorflow/tfjs';
import type { Conv3DAttrs, TensorInfo } from '@tensorflow/tfjs';
import { compose } from './compose.ts';
import { addImages, depthTaps, imagesOf, tapOf } from './depth-taps.ts';
import { release, sizeOf } from './heap.ts';
import { override } from './override.ts';
import { zeros } from './shape-ops.ts';
import { imageAttrs, seenVolumes } from './volume.ts';

type Shape5D = [number, number, number, number, number];

/**
 * A 3D convolution as the sum of 2D ones, one for each depth of the filter. The stock kernel takes 50 times as long or more.
 */
export const conv3d = override<{ x: TensorInfo; filter: TensorInfo }, Conv3DAttrs>(
  'Conv3D',
  'slow',
  ({ inputs: { x, filter }, attrs, backend }, stock) => {
    const { strides, pad, dilations } = attrs;
    const isDilated = [dilations].flat().some((dilation) => dilation !== 1);
    if (isDilated || x.dtype !== 'float32' || filter.dtype !== 'float32') return stock();
    const { info, cut } = seenVolumes(
      backend_util.computeConv3DInfo(x.shape as Shape5D, filter.shape as Shape5D, strides, 1, pad),
    );
    return compose(backend, (run) => {
      const y = zeros(run, info.outShape);
      if (sizeOf(x.shape) * sizeOf(filter.shape) * sizeOf(info.outShape) === 0) return y;
      const volumes = cut(run, x);
      for (const { depth, seen, out } of depthTaps(info)) {
        // A composition of its own frees the images of one depth before the next.
        const part = compose(backend, (step, adopt) =>
          step(
            'Conv2D',
            { x: adopt(imagesOf(backend, volumes, seen)), filter: tapOf(step, filter, depth) },
            { ...imageAttrs(info), dilations: [1, 1] },
          ),
        );
        addImages(backend, part, y, out);
        release(backend, part);
      }
      return y;
    });
  },
);
