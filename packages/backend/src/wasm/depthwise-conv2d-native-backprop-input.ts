import { backend_util } from '@tensorflow/tfjs';
import type { DepthwiseConv2dNativeBackpropInputAttrs, TensorInfo } from '@tensorflow/tfjs';
import { compose } from './compose.ts';
import { convolve } from './convolve.ts';
import { sizeOf } from './heap.ts';
import { override } from './override.ts';
import { phaseOfFilter } from './phase-of-filter.ts';
import { refuseNegative } from './refuse-negative.ts';
import { reshape, spread, zeros } from './shape-ops.ts';

type Shape4D = [number, number, number, number];

/**
 * Gradient of a depthwise convolution with respect to its input: `dy`, spread out by the stride, convolved with the
 * filter turned by 180°. A channel multiplier is summed away at the end.
 */
export const depthwiseConv2dNativeBackpropInput = override<
  { dy: TensorInfo; filter: TensorInfo },
  DepthwiseConv2dNativeBackpropInputAttrs
>('DepthwiseConv2dNativeBackpropInput', 'missing', ({ inputs, attrs, backend }) => {
  const { dy, filter } = inputs;
  const { strides, dilations, pad, dimRoundingMode, inputShape } = attrs;
  const info = backend_util.computeConv2DInfo(
    inputShape,
    filter.shape as Shape4D,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    true,
  );
  refuseNegative('DepthwiseConv2dNativeBackpropInput', info);
  const { inHeight, inWidth, inChannels, outChannels } = info;
  const { filterHeight, filterWidth, padInfo } = info;
  return compose(backend, (run, adopt) => {
    if (sizeOf(inputShape) * sizeOf(dy.shape) === 0) return zeros(run, inputShape);
    const turned = adopt(phaseOfFilter(backend, filter, [0, 0], [1, 1]));
    const dx = convolve(
      run,
      'DepthwiseConv2dNative',
      {
        x: spread(run, dy, [info.strideHeight, info.strideWidth]),
        filter: reshape(run, turned, [filterHeight, filterWidth, outChannels, 1]),
      },
      {
        strides: [1, 1],
        dilations: [info.dilationHeight, info.dilationWidth],
        before: [
          info.effectiveFilterHeight - 1 - padInfo.top,
          info.effectiveFilterWidth - 1 - padInfo.left,
        ],
        out: [inHeight, inWidth],
      },
    );
    const multiplier = outChannels / inChannels;
    if (multiplier === 1) return dx;
    const split = reshape(run, dx, [...inputShape, multiplier]);
    return run('Sum', { x: split }, { axis: [4], keepDims: false });
  });
});
