import type { Tensor } from '@tensorflow/tfjs';

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
