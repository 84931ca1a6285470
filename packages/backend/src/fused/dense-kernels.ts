import { engine, getBackend } from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { registeredKernel } from '../overrides/registered-kernel.ts';

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

/** Whether the back end that computes now has both. */
export function hasDenseKernels(): boolean {
  return (['TfloopDense', 'TfloopReluGrad'] as const).every(
    (name) => registeredKernel(name, getBackend()) !== undefined,
  );
}

/** Runs one of them. */
export function runDenseKernel<Name extends keyof DenseKernels>(
  name: Name,
  inputs: DenseKernels[Name]['inputs'],
  attrs: DenseKernels[Name]['attrs'],
): DenseKernels[Name]['outputs'] {
  // The engine's map has no room for inputs that may be missing, which it takes all the same.
  const out: unknown = engine().runKernel(name, { ...inputs }, { ...attrs });
  return out as DenseKernels[Name]['outputs'];
}
