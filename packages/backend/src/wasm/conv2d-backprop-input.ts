import { backend_util } from '@tensorflow/tfjs';
import type { Conv2DBackpropInputAttrs, TensorInfo } from '@tensorflow/tfjs';
import { compose } from './compose.ts';
import { composedInputGrad, type PhaseOf } from './composed/conv-input-grad.ts';
import { fromNhwc, toNhwc } from './data-format.ts';
import { sizeOf } from './heap.ts';
import { override } from './override.ts';
import { phaseOfFilter } from './phase-of-filter.ts';
import { refuseNegative } from './refuse-negative.ts';
import { convInputGrad } from './side/conv-input-grad.ts';
import { sideKernels } from './side/side-module.ts';
import { zeros } from './shape-ops.ts';

type Shape4D = [number, number, number, number];

/**
 * Gradient of a convolution with respect to its input: by the side module, which computes each phase of a stride with its own
 * number of taps; without it, and without strides, as a convolution.
 */
export const conv2dBackpropInput = override<
  { dy: TensorInfo; filter: TensorInfo },
  Conv2DBackpropInputAttrs
>('Conv2DBackpropInput', 'slow', ({ inputs, attrs, backend }) => {
  const { strides, pad, dimRoundingMode, inputShape } = attrs;
  const format = backend_util.convertConv2DDataFormat(attrs.dataFormat);
  const info = backend_util.computeConv2DInfo(
    inputShape,
    inputs.filter.shape as Shape4D,
    strides,
    1,
    pad,
    dimRoundingMode,
    false,
    format,
  );
  refuseNegative('Conv2DBackpropInput', info);
  return compose(backend, (run, adopt) => {
    if (sizeOf(inputShape) * sizeOf(inputs.dy.shape) === 0) return zeros(run, inputShape);
    if (sideKernels(backend) && info.strideHeight * info.strideWidth > 1) {
      const dx = adopt(convInputGrad(backend, toNhwc(run, inputs.dy, format), inputs.filter, info));
      return fromNhwc(run, dx, format);
    }
    const phaseOf: PhaseOf = (phase, by) => adopt(phaseOfFilter(backend, inputs.filter, phase, by));
    const dx = composedInputGrad(run, phaseOf, toNhwc(run, inputs.dy, format), info);
    return fromNhwc(run, dx, format);
  });
});
