import type { Tensor } from '@tensorflow/tfjs';

/** A dense layer in training as two kernels that a back end may have; all numbers are float32. */
export interface DenseKernels {
  /** `y = x · kernel + bias`, `[n, inputs] · [inputs, units] + [units]`, with `relu` no less than 0. */
  readonly TfloopDense: {
    readonly inputs: { readonly x: Tensor; readonly kernel: Tensor; readonly bias?: Tensor };
    readonly attrs: { readonly relu: boolean };
    readonly outputs: readonly [y: Tensor];
  };
  /** The gradient before a ReLU, `dy` where its answer `y` is above 0. */
  readonly TfloopReluGrad: {
    readonly inputs: { readonly dy: Tensor; readonly y: Tensor };
    readonly attrs: object;
    readonly outputs: readonly [dx: Tensor];
  };
}
