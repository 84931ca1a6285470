import { engine, getBackend } from '@tensorflow/tfjs';
import { registeredKernel } from '../overrides/registered-kernel.ts';
import type { BatchNormKernels } from './batch-norm-kernels.ts';
import type { DenseKernels } from './dense-kernels.ts';

/** The kernels that our layers ask back ends for by name. */
type Kernels = BatchNormKernels & DenseKernels;

/** Whether the back end that computes now has all of these kernels. */
export function hasKernels(...names: readonly (keyof Kernels)[]): boolean {
  return names.every((name) => registeredKernel(name, getBackend()) !== undefined);
}

/** Runs one of them. */
export function runKernel<Name extends keyof Kernels>(
  name: Name,
  inputs: Kernels[Name]['inputs'],
  attrs: Kernels[Name]['attrs'],
): Kernels[Name]['outputs'] {
  // The engine's map has no room for inputs that may be missing, which it takes all the same.
  const out: unknown = engine().runKernel(name, { ...inputs }, { ...attrs });
  return out as Kernels[Name]['outputs'];
}
