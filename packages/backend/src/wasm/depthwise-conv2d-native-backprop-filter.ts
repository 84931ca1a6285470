import { backend_util } from '@tensorflow/tfjs';
import type { DepthwiseConv2dNativeBackpropFilterAttrs, TensorInfo } from '@tensorflow/tfjs';
import { compose } from './compose.ts';
import { composedDepthwiseFilterGrad } from './composed/depthwise-filter-grad.ts';
import { sizeOf } from './heap.ts';
import { override } from './override.ts';
import { refuseNegative } from './refuse-negative.ts';
import { depthwiseFilterGrad } from './side/depthwise-filter-grad.ts';
import { sideKernels } from './side/side-module.ts';
import { zeros } from './shape-ops.ts';

type Shape4D = [number, number, number, number];

/** Gradient of a depthwise convolution with respect to its filter: by the side module, else tap by tap. */
export const depthwiseConv2dNativeBackpropFilter = override<
  { x: TensorInfo; dy: TensorInfo },
  DepthwiseConv2dNativeBackpropFilterAttrs
>('DepthwiseConv2dNativeBackpropFilter', 'missing', ({ inputs: { x, dy }, attrs, backend }) => {
  const { strides, dilations, pad, dimRoundingMode, filterShape } = attrs;
  const info = backend_util.computeConv2DInfo(
    x.shape as Shape4D,
    filterShape,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    true,
  );
  refuseNegative('DepthwiseConv2dNativeBackpropFilter', info);
  const isEmpty = sizeOf(x.shape) * sizeOf(dy.shape) === 0;
  const side = sideKernels(backend);
  if (side && !isEmpty) return depthwiseFilterGrad(side, backend, x, dy, info);
  return compose(backend, (run, adopt) =>
    isEmpty
      ? zeros(run, filterShape)
      : composedDepthwiseFilterGrad({ backend, run, adopt }, x, dy, info),
  );
});
