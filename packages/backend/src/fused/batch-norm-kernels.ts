import { engine, getBackend } from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { registeredKernel } from '../overrides/registered-kernel.ts';

/**
 * Batch norm in training as two kernels that a back end may have: channels are the last dimension, all numbers float32,
 * `mean` and `variance` `[channels]` those of the batch, the variance divided by the number of elements.
 */
export interface BatchNormKernels {
  /** `y = scale · (x − mean) / √(variance + epsilon) + offset`, with `relu` no less than 0. */
  readonly TfloopBatchNorm: {
    readonly inputs: { readonly x: Tensor; readonly scale: Tensor; readonly offset: Tensor };
    readonly attrs: { readonly epsilon: number; readonly relu: boolean };
    readonly outputs: readonly [y: Tensor, mean: Tensor, variance: Tensor];
  };
  /** Its gradients; with `relu`, `dy` counts only where `y` is above 0. */
  readonly TfloopBatchNormGrad: {
    readonly inputs: {
      readonly dy: Tensor;
      readonly x: Tensor;
      readonly y: Tensor;
      readonly scale: Tensor;
      readonly mean: Tensor;
      readonly variance: Tensor;
    };
    readonly attrs: { readonly epsilon: number; readonly relu: boolean };
    readonly outputs: readonly [dx: Tensor, dScale: Tensor, dOffset: Tensor];
  };
}

/** Whether the back end that computes now has both. */
export function hasBatchNormKernels(): boolean {
  return (['TfloopBatchNorm', 'TfloopBatchNormGrad'] as const).every(
    (name) => registeredKernel(name, getBackend()) !== undefined,
  );
}

/** Runs one of them. */
export function runBatchNormKernel<Name extends keyof BatchNormKernels>(
  name: Name,
  inputs: BatchNormKernels[Name]['inputs'],
  attrs: BatchNormKernels[Name]['attrs'],
): BatchNormKernels[Name]['outputs'] {
  const out: unknown = engine().runKernel(name, inputs, { ...attrs });
  return out as BatchNormKernels[Name]['outputs'];
}
