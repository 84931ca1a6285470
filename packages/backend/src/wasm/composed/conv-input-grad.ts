import type { backend_util, TensorInfo } from '@tensorflow/tfjs';
import type { Run } from '../compose.ts';
import { convolve } from '../convolve.ts';
import type { Pair } from '../convolve.ts';
import { cropOrPad, reshape, transpose } from '../shape-ops.ts';

/** The taps of a filter that one phase sees, as `phaseOfFilter` finds them. */
export type PhaseOf = (phase: Pair, strides: Pair) => TensorInfo;

/**
 * Gradient of an NHWC convolution with respect to its input. Input rows whose padded index is r modulo the stride see only the
 * filter rows r, r + stride, …; one stride-1 convolution of `dy` computes every such phase as extra channels, and the
 * phases are then interleaved. Nothing is multiplied by inserted zeros.
 */
export function composedInputGrad(
  run: Run,
  phaseOf: PhaseOf,
  dy: TensorInfo,
  info: backend_util.Conv2DInfo,
): TensorInfo {
  const { batchSize, inChannels } = info;
  const rows = axis(info.inHeight, info.padInfo.top, info.strideHeight, info.filterHeight);
  const columns = axis(info.inWidth, info.padInfo.left, info.strideWidth, info.filterWidth);
  const filter = phaseFilter(run, phaseOf, [rows, columns]);
  const phases = convolve(
    run,
    'Conv2D',
    { x: dy, filter },
    {
      strides: [1, 1],
      dilations: [1, 1],
      before: [rows.before, columns.before],
      out: [rows.count, columns.count],
    },
  );
  const dx = interleave(run, phases, batchSize * rows.count, [rows, columns], inChannels);
  const image = [batchSize, rows.count * rows.stride, columns.count * columns.stride, inChannels];
  return cropOrPad(run, reshape(run, dx, image), [
    [0, 0],
    [-rows.skip, rows.skip + info.inHeight - rows.count * rows.stride],
    [-columns.skip, columns.skip + info.inWidth - columns.count * columns.stride],
    [0, 0],
  ]);
}

interface Axis {
  readonly stride: number;
  /** Phases that any filter tap reaches; the others stay zero. */
  readonly phases: number;
  /** Positions of each phase. */
  readonly count: number;
  /** Zeros before the first row of `dy`. */
  readonly before: number;
  /** Rows of the interleaved result that lie in the padding. */
  readonly skip: number;
}

function axis(size: number, pad: number, stride: number, filter: number): Axis {
  const first = Math.floor(pad / stride);
  return {
    stride,
    phases: Math.min(stride, filter),
    count: Math.ceil((size + pad) / stride) - first,
    before: Math.ceil(filter / stride) - 1 - first,
    skip: pad - first * stride,
  };
}

/** All phases of the filter as output channels: [kh, kw, out, phases * in]. */
function phaseFilter(
  run: Run,
  phaseOf: PhaseOf,
  [rows, columns]: readonly [Axis, Axis],
): TensorInfo {
  const strides: Pair = [rows.stride, columns.stride];
  const parts: TensorInfo[] = [];
  for (let row = 0; row < rows.phases; row++) {
    for (let column = 0; column < columns.phases; column++) {
      parts.push(transpose(run, phaseOf([row, column], strides), [0, 1, 3, 2]));
    }
  }
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : run('Concat', parts, { axis: 3 });
}

/** [rows, columns, phases of rows, phases of columns, channels] to an image in which phases alternate. */
function interleave(
  run: Run,
  phases: TensorInfo,
  count: number,
  [rows, columns]: readonly [Axis, Axis],
  channels: number,
): TensorInfo {
  const width = columns.phases * channels;
  let x = phases;
  if (rows.phases > 1) {
    x = reshape(run, x, [count, columns.count, rows.phases, width]);
    x = transpose(run, x, [0, 2, 1, 3]);
  }
  const missing = [rows.stride - rows.phases, columns.stride - columns.phases] as const;
  if (missing[0] + missing[1] === 0) return x;
  return cropOrPad(run, reshape(run, x, [count, rows.phases, columns.count, width]), [
    [0, 0],
    [0, missing[0]],
    [0, 0],
    [0, missing[1] * channels],
  ]);
}
