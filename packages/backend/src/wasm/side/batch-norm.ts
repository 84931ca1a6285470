import { sizeOf } from '../heap.ts';
import { addresses } from './address.ts';
import { fusedOverride } from './fused-override.ts';
import { produce } from './produce.ts';

/** Batch norm in training, forward: moments as exact as float32 can be, then one pass. */
export const batchNorm = fusedOverride(
  'TfloopBatchNorm',
  ({ inputs: { x, scale, offset }, attrs, backend }, side) => {
    const channels = x.shape.at(-1) ?? 0;
    const [at, s, o] = addresses(backend, [x, scale, offset]);
    return produce(
      backend,
      [x.shape, [channels], [channels]],
      [3 * doubles(channels)],
      ([y, mean, variance], [scratch]) => {
        side.batchNorm(
          at,
          s,
          o,
          y,
          mean,
          variance,
          scratch,
          sizeOf(x.shape) / channels,
          channels,
          attrs.epsilon,
          Number(attrs.relu),
        );
      },
    );
  },
);

/** Batch norm in training, backward: one pass for the sums of each channel, one for the gradient. */
export const batchNormGrad = fusedOverride(
  'TfloopBatchNormGrad',
  ({ inputs, attrs, backend }, side) => {
    const { dy, x, y, scale, mean, variance } = inputs;
    const channels = x.shape.at(-1) ?? 0;
    const from = addresses(backend, [dy, x, y, scale, mean, variance]);
    return produce(
      backend,
      [x.shape, [channels], [channels]],
      [5 * doubles(channels)],
      ([dx, dScale, dOffset], [scratch]) => {
        side.batchNormGrad(
          ...from,
          dx,
          dScale,
          dOffset,
          scratch,
          sizeOf(x.shape) / channels,
          channels,
          attrs.epsilon,
          Number(attrs.relu),
        );
      },
    );
  },
);

/** Floats that take the place of a double for each channel, of channels that are computed in fours. */
function doubles(channels: number): number {
  return 2 * Math.ceil(channels / 4) * 4;
}
