import { sizeOf } from '../heap.ts';
import { namedAddresses } from './address.ts';
import { fusedOverride } from './fused-override.ts';
import { produce } from './produce.ts';

/** Batch norm in training, forward: moments as exact as float32 can be, then one pass. */
export const batchNorm = fusedOverride('TfloopBatchNorm', ({ inputs, attrs, backend }, side) => {
  const { shape } = inputs.x;
  const sizes = sizesOf(shape);
  const { channels } = sizes;
  const from = namedAddresses(backend, inputs);
  const numbers = { epsilon: attrs.epsilon, relu: Number(attrs.relu) };
  return produce(
    backend,
    [shape, [channels], [channels]],
    [3 * doubles(channels)],
    ([y, mean, variance], [scratch]) => {
      side.batchNorm({ y, mean, variance, scratch, ...from, ...sizes, ...numbers });
    },
  );
});

/** Batch norm in training, backward: one pass for the sums of each channel, one for the gradient. */
export const batchNormGrad = fusedOverride(
  'TfloopBatchNormGrad',
  ({ inputs, attrs, backend }, side) => {
    const { shape } = inputs.x;
    const sizes = sizesOf(shape);
    const { channels } = sizes;
    const from = namedAddresses(backend, inputs);
    const numbers = { epsilon: attrs.epsilon, relu: Number(attrs.relu) };
    return produce(
      backend,
      [shape, [channels], [channels]],
      [5 * doubles(channels)],
      ([dx, dScale, dOffset], [scratch]) => {
        side.batchNormGrad({ dx, dScale, dOffset, scratch, ...from, ...sizes, ...numbers });
      },
    );
  },
);

function sizesOf(shape: readonly number[]): { readonly rows: number; readonly channels: number } {
  const channels = shape.at(-1) ?? 0;
  return { rows: sizeOf(shape) / channels, channels };
}

/** Floats that take the place of a double for each channel, of channels that are computed in fours. */
function doubles(channels: number): number {
  return 2 * Math.ceil(channels / 4) * 4;
}
