import { backend_util } from '@tensorflow/tfjs';
import type { DepthwiseConv2dNativeBackpropFilterAttrs, TensorInfo } from '@tensorflow/tfjs';
import { allocate, floats } from './heap.ts';
import { override } from './override.ts';

type Info = backend_util.Conv2DInfo;
type Shape4D = [number, number, number, number];

/** Gradient of a depthwise convolution with respect to its filter: products of `x` and `dy` summed per tap and channel. */
export const depthwiseConv2dNativeBackpropFilter = override<
  { x: TensorInfo; dy: TensorInfo },
  DepthwiseConv2dNativeBackpropFilterAttrs
>('DepthwiseConv2dNativeBackpropFilter', 'missing', ({ inputs, attrs, backend }) => {
  const { x, dy } = inputs;
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
  const out = allocate(backend, filterShape, 'float32');
  floats(backend, out).set(correlate(floats(backend, x), floats(backend, dy), info));
  return out;
});

/** Sums in double precision; a channel row is the inner loop, as it lies together in memory. */
function correlate(x: Float32Array, dy: Float32Array, info: Info): Float64Array {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = info;
  const { strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo } = info;
  const sums = new Float64Array(info.filterHeight * info.filterWidth * outChannels);
  const wide = outChannels === inChannels ? undefined : outChannels / inChannels;
  for (let n = 0; n < batchSize; n++) {
    for (let row = 0; row < outHeight; row++) {
      const dyRow = (n * outHeight + row) * outWidth;
      for (let i = 0; i < info.filterHeight; i++) {
        const xR = row * strideHeight + i * dilationHeight - padInfo.top;
        if (xR < 0 || xR >= inHeight) continue;
        const xRow = (n * inHeight + xR) * inWidth;
        for (let j = 0; j < info.filterWidth; j++) {
          const shift = j * dilationWidth - padInfo.left;
          const first = Math.max(0, Math.ceil(-shift / strideWidth));
          const end = Math.min(outWidth, Math.ceil((inWidth - shift) / strideWidth));
          const to = (i * info.filterWidth + j) * outChannels;
          for (let column = first; column < end; column++) {
            const xAt = (xRow + column * strideWidth + shift) * inChannels;
            const dyAt = (dyRow + column) * outChannels;
            if (wide === undefined) addProducts(sums, to, x, xAt, dy, dyAt, outChannels);
            else addWideProducts(sums, to, x, xAt, dy, dyAt, outChannels, wide);
          }
        }
      }
    }
  }
  return sums;
}

function addProducts(
  sums: Float64Array,
  to: number,
  x: Float32Array,
  xAt: number,
  dy: Float32Array,
  dyAt: number,
  channels: number,
): void {
  for (let c = 0; c < channels; c++) {
    sums[to + c] = (sums[to + c] ?? 0) + (x[xAt + c] ?? 0) * (dy[dyAt + c] ?? 0);
  }
}

/** With a channel multiplier, `multiplier` neighbours of `dy` share one channel of `x`. */
function addWideProducts(
  sums: Float64Array,
  to: number,
  x: Float32Array,
  xAt: number,
  dy: Float32Array,
  dyAt: number,
  channels: number,
  multiplier: number,
): void {
  for (let c = 0; c < channels; c++) {
    const value = x[xAt + Math.floor(c / multiplier)] ?? 0;
    sums[to + c] = (sums[to + c] ?? 0) + value * (dy[dyAt + c] ?? 0);
  }
}
