import type { Tensor } from '@tensorflow/tfjs';

/**
 * Batch norm in training as kernels that a back end may have: channels are the last dimension, all numbers float32,
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
  /** `average − (average − value) · share`: a step of a moving average, such as those of batch norm. */
  readonly TfloopMoveTowards: {
    readonly inputs: { readonly average: Tensor; readonly value: Tensor };
    readonly attrs: { readonly share: number };
    readonly outputs: readonly [next: Tensor];
  };
}
