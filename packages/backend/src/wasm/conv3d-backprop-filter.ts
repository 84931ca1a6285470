import { backend_util } from '@tensorflow/tfjs';
import type { Conv3DBackpropFilterV2Attrs, TensorInfo } from '@tensorflow/tfjs';
import { compose } from './compose.ts';
import { depthTaps, imagesOf } from './depth-taps.ts';
import { sizeOf } from './heap.ts';
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
    return compose(backend, (run, adopt) => {
      if (sizeOf(x.shape) * sizeOf(dy.shape) === 0) return zeros(run, filterShape);
      const tapShape = filterShape.slice(1);
      const volumes = cut(run, x);
      const parts = Array.from({ length: info.filterDepth }, () => zeros(run, tapShape));
      for (const { depth, seen, out } of depthTaps(info))
        // A composition of its own frees the images of one depth before the next.
        parts[depth] = adopt(
          compose(backend, (step) =>
            step(
              'Conv2DBackpropFilter',
              { x: imagesOf(step, volumes, seen), dy: imagesOf(step, dy, out) },
              { ...imageAttrs(info), filterShape: tapShape },
            ),
          ),
        );
      return run('Pack', parts, { axis: 0 });
    });
  },
);
