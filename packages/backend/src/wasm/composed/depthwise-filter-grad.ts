import type { backend_util, TensorInfo } from '@tensorflow/tfjs';
import { compose } from '../compose.ts';
import type { Adopt, Run } from '../compose.ts';
import { sizeOf } from '../heap.ts';
import type { WasmBackend } from '../heap.ts';
import { cropOrPad, reshape, spread } from '../shape-ops.ts';

/** Where a composition works. */
export interface Workspace {
  readonly backend: WasmBackend;
  readonly run: Run;
  readonly adopt: Adopt;
}

/**
 * Gradient of an NHWC depthwise convolution with respect to its filter. With `x` and `dy` laid out in the same padded image,
 * zeros where `dy` has nothing, each tap is `x` shifted along memory, times `dy`, summed per channel.
 */
export function composedDepthwiseFilterGrad(
  { backend, run, adopt }: Workspace,
  x: TensorInfo,
  dy: TensorInfo,
  info: backend_util.Conv2DInfo,
): TensorInfo {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = info;
  const { strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo } = info;
  const height = (outHeight - 1) * strideHeight + info.effectiveFilterHeight;
  const width = (outWidth - 1) * strideWidth + info.effectiveFilterWidth;
  const multiplier = outChannels / inChannels;
  const image = cropOrPad(run, x, [
    // One more image, so that the shifted view ends within memory.
    [0, 1],
    [padInfo.top, height - inHeight - padInfo.top],
    [padInfo.left, width - inWidth - padInfo.left],
    [0, 0],
  ]);
  const spreadDy = cropOrPad(run, spread(run, dy, [strideHeight, strideWidth]), [
    [0, 0],
    [0, height - outHeight * strideHeight],
    [0, width - outWidth * strideWidth],
    [0, 0],
  ]);
  const pixels = batchSize * height * width;
  const a = reshape(run, image, [sizeOf(image.shape)]);
  const b = reshape(run, spreadDy, [pixels * inChannels, multiplier]);
  const taps: TensorInfo[] = [];
  for (let i = 0; i < info.filterHeight; i++) {
    for (let j = 0; j < info.filterWidth; j++) {
      const begin = [(i * dilationHeight * width + j * dilationWidth) * inChannels];
      // A composition of its own frees the products of one tap before the next.
      const tap = compose(backend, (step) => {
        const shifted = step('Slice', { x: a }, { begin, size: [pixels * inChannels] });
        const column = reshape(step, shifted, [pixels * inChannels, 1]);
        const products = reshape(step, step('Multiply', { a: column, b }), [pixels, outChannels]);
        return step('Sum', { x: products }, { axis: [0], keepDims: false });
      });
      taps.push(adopt(tap));
    }
  }
  return reshape(run, run('Pack', taps, { axis: 0 }), info.filterShape);
}
