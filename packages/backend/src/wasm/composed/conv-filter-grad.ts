import type { backend_util, TensorInfo } from '@tensorflow/tfjs';
import type { Run } from '../compose.ts';
import { convolve } from '../convolve.ts';
import { cropOrPad, reshape, transpose } from '../shape-ops.ts';

type Info = backend_util.Conv2DInfo;

/**
 * Gradient of an NHWC convolution with respect to its filter, as a convolution: channels play the batch, the batch plays the
 * channels, and `dy` plays a filter dilated by the forward stride.
 */
export function composedFilterGrad(
  run: Run,
  x: TensorInfo,
  dy: TensorInfo,
  info: Info,
): TensorInfo {
  return info.filterHeight * info.filterWidth === 1
    ? pointwise(run, x, dy, info)
    : general(run, x, dy, info);
}

function general(run: Run, x: TensorInfo, dy: TensorInfo, info: Info): TensorInfo {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = info;
  const { filterHeight, filterWidth } = info;
  // Swapping two axes, twice, is faster than turning three at once.
  const pixels = inHeight * inWidth;
  const batchLast = transpose(run, reshape(run, x, [batchSize, pixels * inChannels]), [1, 0]);
  const images = transpose(
    run,
    reshape(run, batchLast, [pixels, inChannels, batchSize]),
    [1, 0, 2],
  );
  const filter = transpose(
    run,
    reshape(run, dy, [batchSize, outHeight * outWidth, outChannels]),
    [1, 0, 2],
  );
  const dw = convolve(
    run,
    'Conv2D',
    {
      x: reshape(run, images, [inChannels, inHeight, inWidth, batchSize]),
      filter: reshape(run, filter, [outHeight, outWidth, batchSize, outChannels]),
    },
    {
      strides: [1, 1],
      dilations: [info.strideHeight, info.strideWidth],
      before: [info.padInfo.top, info.padInfo.left],
      out: [filterHeight, filterWidth],
    },
  );
  const taps = reshape(run, dw, [inChannels, filterHeight * filterWidth, outChannels]);
  return reshape(run, transpose(run, taps, [1, 0, 2]), info.filterShape);
}

/** A 1x1 filter sees each pixel once: one matrix product, where `general` would waste three quarters of each tile. */
function pointwise(run: Run, x: TensorInfo, dy: TensorInfo, info: Info): TensorInfo {
  const { batchSize, inChannels, outHeight, outWidth, outChannels, strideHeight, strideWidth } =
    info;
  const { top, left } = info.padInfo;
  let seen = cropOrPad(run, x, [
    [0, 0],
    [top, outHeight * strideHeight - info.inHeight - top],
    [left, outWidth * strideWidth - info.inWidth - left],
    [0, 0],
  ]);
  if (strideHeight * strideWidth > 1) {
    const grid = [batchSize * outHeight, strideHeight, outWidth, strideWidth * inChannels];
    seen = run(
      'Slice',
      { x: reshape(run, seen, grid) },
      { begin: [0, 0, 0, 0], size: [batchSize * outHeight, 1, outWidth, inChannels] },
    );
  }
  const pixels = batchSize * outHeight * outWidth;
  const dw = run(
    'BatchMatMul',
    {
      a: reshape(run, seen, [1, pixels, inChannels]),
      b: reshape(run, dy, [1, pixels, outChannels]),
    },
    { transposeA: true, transposeB: false },
  );
  return reshape(run, dw, info.filterShape);
}
