import type { TensorInfo } from '@tensorflow/tfjs';
import { sizeOf } from '../heap.ts';
import type { WasmBackend } from '../heap.ts';
import { namedAddresses } from './address.ts';
import { fusedOverride } from './fused-override.ts';
import { produce } from './produce.ts';
import type { Address } from './side-kernels.ts';

/** Batch norm in training, forward: moments as exact as float32 can be, then one pass. */
export const batchNorm = fusedOverride('TfloopBatchNorm', ({ inputs, attrs, backend }, side) => {
  const from = namedAddresses(backend, inputs);
  return ofChannels(backend, inputs.x, attrs, 3, ([y, mean, variance], rest) => {
    side.batchNorm({ y, mean, variance, ...from, ...rest });
  });
});

/** Batch norm in training, backward: one pass for the sums of each channel, one for the gradient. */
export const batchNormGrad = fusedOverride(
  'TfloopBatchNormGrad',
  ({ inputs, attrs, backend }, side) => {
    const from = namedAddresses(backend, inputs);
    return ofChannels(backend, inputs.x, attrs, 5, ([dx, dScale, dOffset], rest) => {
      side.batchNormGrad({ dx, dScale, dOffset, ...from, ...rest });
    });
  },
);

/** What both kernels take besides tensors. */
interface Rest {
  readonly rows: number;
  readonly channels: number;
  readonly scratch: Address;
  readonly epsilon: number;
  readonly relu: number;
}

/** Makes a tensor like `x` and two of its channels, with scratch memory for so many float64 numbers of each channel. */
function ofChannels(
  backend: WasmBackend,
  { shape }: TensorInfo,
  { epsilon, relu }: { readonly epsilon: number; readonly relu: boolean },
  doubles: number,
  fill: (out: readonly [Address, Address, Address], rest: Rest) => void,
): readonly [TensorInfo, TensorInfo, TensorInfo] {
  const channels = shape.at(-1) ?? 0;
  const numbers = { rows: sizeOf(shape) / channels, channels, epsilon, relu: Number(relu) };
  const padded = Math.ceil(channels / 4) * 4; // They are computed in fours.
  const scratch = [2 * doubles * padded] as const;
  return produce(backend, [shape, [channels], [channels]], scratch, (out, [at]) => {
    fill(out, { scratch: at, ...numbers });
  });
}
