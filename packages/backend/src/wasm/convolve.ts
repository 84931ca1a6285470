import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs';
import type { Run } from './compose.ts';
import { cropOrPad, zeros } from './shape-ops.ts';

/** Height and width. */
export type Pair = readonly [height: number, width: number];

/** The convolutions of XNNPACK. */
export type ConvolutionKernel =
  'Conv2D' | 'FusedConv2D' | 'DepthwiseConv2dNative' | 'FusedDepthwiseConv2D';

/** A convolution told by what comes out, so that no padding rule has to be guessed. */
export interface Convolution {
  readonly strides: Pair;
  readonly dilations: Pair;
  /** Zeros before the first row and column; negative crops. */
  readonly before: Pair;
  /** Rows and columns of the output; zeros after the input are added, or input dropped, to fit. */
  readonly out: Pair;
}

/** Convolves NHWC `inputs.x` with `inputs.filter` so that exactly `out` rows and columns result. */
export function convolve(
  run: Run,
  kernelName: ConvolutionKernel,
  inputs: { readonly x: TensorInfo; readonly filter: TensorInfo },
  { strides, dilations, before, out }: Convolution,
  attrs: NamedAttrMap = {},
): TensorInfo {
  const { x, filter } = inputs;
  const sides = (axis: 0 | 1): Sides => {
    const window = ((filter.shape[axis] ?? 0) - 1) * dilations[axis] + 1;
    const used = (out[axis] - 1) * strides[axis] + window;
    const after = used - (x.shape[axis + 1] ?? 0) - before[axis];
    // XNNPACK rounds down, so fewer than `stride` left-over rows need no copy.
    const isSpare = after < 0 && -after < strides[axis];
    return { used, before: before[axis], after: isSpare ? 0 : after };
  };
  const [rows, columns] = [sides(0), sides(1)];
  let seen = cropOrPad(run, x, [
    [0, 0],
    [Math.min(0, rows.before), Math.min(0, rows.after)],
    [Math.min(0, columns.before), Math.min(0, columns.after)],
    [0, 0],
  ]);
  let pad = [
    [0, 0],
    [Math.max(0, rows.before), Math.max(0, rows.after)],
    [Math.max(0, columns.before), Math.max(0, columns.after)],
    [0, 0],
  ];
  const [batch = 0, height, width, channels = 0] = seen.shape;
  if (height === 0 || width === 0) {
    // Every window lies in the padding; XNNPACK takes no empty image, so the padding becomes the image.
    seen = zeros(run, [batch, rows.used, columns.used, channels]);
    pad = pad.map(() => [0, 0]);
  }
  return run(
    kernelName,
    { ...inputs, x: seen },
    {
      ...attrs,
      strides: [...strides],
      pad,
      dataFormat: 'NHWC',
      dilations: [...dilations],
    },
  );
}

interface Sides {
  /** Rows that the windows span, padding included. */
  readonly used: number;
  readonly before: number;
  readonly after: number;
}
