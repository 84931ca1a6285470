import { backend_util } from '@tensorflow/tfjs';
import type { Conv3DBackpropFilterV2Attrs, TensorInfo } from '@tensorflow/tfjs';
import { compose } from './compose.ts';
import { depthTaps, imagesOf } from './depth-taps.ts';
import { copier, release, sizeOf } from './heap.ts';
import { override } from './override.ts';
import { zeros } from './shape-ops.ts';
import { imageAttrs, seenVolumes } from './volume.ts';

type Shape5D = [number, number, number, number, number];

/**
 * Gradient of a 3D convolution with respect to its filter: for each depth of the filter, that of a 2D convolution. The stock
 * kernel is wrong where there are strides.
 */
export const conv3dBackpropFilter = override<
  { x: TensorInfo; dy: TensorInfo },
  Conv3DBackpropFilterV2Attrs
>(
  'Conv3DBackpropFilterV2',
  'wrong',
  ({ inputs, attrs: { strides, pad, filterShape }, backend }) => {
    const { x, dy } = inputs;
    const { info, cut } = seenVolumes(
      backend_util.computeConv3DInfo(x.shape as Shape5D, filterShape, strides, 1, pad),
    );
    return compose(backend, (run) => {
      const dw = zeros(run, filterShape);
      if (sizeOf(x.shape) * sizeOf(dy.shape) === 0) return dw;
      const [, ...tapShape] = filterShape;
      const volumes = cut(run, x);
      for (const { depth, seen, out } of depthTaps(info)) {
        // A composition of its own frees the images of one depth before the next.
        const tap = compose(backend, (step, adopt) =>
          step(
            'Conv2DBackpropFilter',
            { x: adopt(imagesOf(backend, volumes, seen)), dy: adopt(imagesOf(backend, dy, out)) },
            { ...imageAttrs(info), filterShape: tapShape },
          ),
        );
        copier(backend, tap, dw)(depth * sizeOf(tapShape), 0, sizeOf(tapShape));
        release(backend, tap);
      }
      return dw;
    });
  },
);
