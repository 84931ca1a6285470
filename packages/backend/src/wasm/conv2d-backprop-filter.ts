import { backend_util } from '@tensorflow/tfjs';
import type { Conv2DBackpropFilterAttrs, TensorInfo } from '@tensorflow/tfjs';
import { compose } from './compose.ts';
import { composedFilterGrad } from './composed/conv-filter-grad.ts';
import { toNhwc } from './data-format.ts';
import { sizeOf } from './heap.ts';
import { override } from './override.ts';
import { refuseNegative } from './refuse-negative.ts';
import { convFilterGrad } from './side/conv-filter-grad.ts';
import { sideKernels } from './side/side-module.ts';
import { zeros } from './shape-ops.ts';

type Shape4D = [number, number, number, number];

/** Gradient of a convolution with respect to its filter: by the side module, else as a convolution. */
export const conv2dBackpropFilter = override<
  { x: TensorInfo; dy: TensorInfo },
  Conv2DBackpropFilterAttrs
>('Conv2DBackpropFilter', 'missing', ({ inputs, attrs, backend }) => {
  const { strides, pad, dimRoundingMode, filterShape } = attrs;
  const format = backend_util.convertConv2DDataFormat(attrs.dataFormat);
  const info = backend_util.computeConv2DInfo(
    inputs.x.shape as Shape4D,
    filterShape,
    strides,
    1,
    pad,
    dimRoundingMode,
    false,
    format,
  );
  refuseNegative('Conv2DBackpropFilter', info);
  return compose(backend, (run) => {
    if (sizeOf(inputs.x.shape) * sizeOf(inputs.dy.shape) === 0) return zeros(run, filterShape);
    const x = toNhwc(run, inputs.x, format);
    const dy = toNhwc(run, inputs.dy, format);
    return sideKernels(backend)
      ? convFilterGrad(backend, x, dy, info)
      : composedFilterGrad(run, x, dy, info);
  });
});
