import type { TensorInfo } from '@tensorflow/tfjs';

/** What may follow a sum within one kernel of the side module. */
export interface Tail {
  readonly bias: TensorInfo | undefined;
  readonly relu: boolean;
}

/** A fused kernel's bias and activation as the side module takes them, or undefined where it doesn't. */
export function tailOf(
  bias: TensorInfo | null | undefined,
  activation: string | null | undefined,
  channels: number,
): Tail | undefined {
  const relu = activation === 'relu';
  if (!relu && activation !== 'linear' && activation !== null && activation !== undefined)
    return undefined;
  if (bias === null || bias === undefined) return { bias: undefined, relu };
  const isVector = bias.dtype === 'float32' && bias.shape.at(-1) === channels;
  return isVector && bias.shape.slice(0, -1).every((size) => size === 1)
    ? { bias, relu }
    : undefined;
}
