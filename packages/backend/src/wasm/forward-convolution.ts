import { backend_util } from '@tensorflow/tfjs';
import type { Conv2DAttrs, NamedAttrMap, TensorInfo } from '@tensorflow/tfjs';
import { compose } from './compose.ts';
import { convolve } from './convolve.ts';
import type { ConvolutionKernel } from './convolve.ts';
import { fromNhwc, toNhwc } from './data-format.ts';
import { isUnderstood } from './geometry.ts';
import { override } from './override.ts';
import { refuseNegative } from './refuse-negative.ts';
import { sideConv } from './side/conv.ts';
import { tailOf } from './side/tail.ts';
import type { Override } from '../overrides/override.ts';

interface Inputs {
  readonly x: TensorInfo;
  readonly filter: TensorInfo;
  readonly bias?: TensorInfo | null;
  readonly preluActivationWeights?: TensorInfo | null;
}

/** A depthwise convolution may come without dilations. */
type Attrs = Omit<Conv2DAttrs, 'dilations'> &
  NamedAttrMap & {
    readonly dilations?: Conv2DAttrs['dilations'] | null;
    readonly activation?: string | null;
  };

type Shape4D = [number, number, number, number];

/**
 * A forward convolution, by the side module where it can: right where the stock kernel misreads the padding, and of NCHW
 * where the CPU takes it.
 */
function forwardConvolution(kernelName: ConvolutionKernel): Override {
  const isDepthwise = kernelName.includes('Depthwise');
  return override<Inputs, Attrs>(kernelName, 'wrong', ({ inputs, attrs, backend }, stock) => {
    const { strides, pad, dimRoundingMode } = attrs;
    // The CPU back end has no depthwise convolution of NCHW either.
    const format = isDepthwise
      ? 'channelsLast'
      : backend_util.convertConv2DDataFormat(attrs.dataFormat);
    const info = backend_util.computeConv2DInfo(
      inputs.x.shape as Shape4D,
      inputs.filter.shape as Shape4D,
      strides,
      attrs.dilations ?? 1,
      pad,
      dimRoundingMode,
      isDepthwise,
      format,
    );
    refuseNegative(kernelName, info);
    const isNhwc = format === 'channelsLast';
    const tail = isDepthwise ? undefined : tailOf(inputs.bias, attrs.activation, info.outChannels);
    if (isNhwc && tail && !inputs.preluActivationWeights) {
      const y = sideConv(backend, inputs.x, inputs.filter, info, tail);
      if (y !== undefined) return y;
    }
    if (isNhwc && isUnderstood(info)) return stock();
    // Per-channel slopes would have to be transposed too; the stock kernel says what it lacks.
    if (!isNhwc && inputs.preluActivationWeights) return stock();
    return compose(backend, (run) => {
      const y = convolve(
        run,
        kernelName,
        { ...inputs, x: toNhwc(run, inputs.x, format) },
        {
          strides: [info.strideHeight, info.strideWidth],
          dilations: [info.dilationHeight, info.dilationWidth],
          before: [info.padInfo.top, info.padInfo.left],
          out: [info.outHeight, info.outWidth],
        },
        attrs,
      );
      return fromNhwc(run, y, format);
    });
  });
}

/** `tf.conv2d`. */
export const conv2d = forwardConvolution('Conv2D');

/** `tf.fused.conv2d`, which `tf.layers.conv2d` uses. */
export const fusedConv2d = forwardConvolution('FusedConv2D');

/** `tf.depthwiseConv2d`. */
export const depthwiseConv2d = forwardConvolution('DepthwiseConv2dNative');

/** `tf.fused.depthwiseConv2d`. */
export const fusedDepthwiseConv2d = forwardConvolution('FusedDepthwiseConv2D');
