import * as tf from '@tensorflow/tfjs';
import type { FusedKernelName, FusedKernels } from './fused-kernels.ts';

/** Runs a fused kernel; the caller owns what comes out. */
export type FusedKernel<Name extends FusedKernelName> = (
  inputs: FusedKernels[Name]['inputs'],
  attrs: FusedKernels[Name]['attrs'],
) => FusedKernels[Name]['outputs'];

/**
 * The kernel of that name on the back end that computes now, or undefined where it has none: then compose the same out
 * of ordinary operations. It has no gradient of its own; inside the tape, wrap it in `tf.customGrad`.
 */
export function fusedKernel<Name extends FusedKernelName>(
  name: Name,
): FusedKernel<Name> | undefined {
  const kernel: unknown = tf.getKernel(name, tf.getBackend());
  if (kernel === undefined) return undefined;
  return (inputs, attrs) => {
    // The engine's map has no room for inputs that may be missing, which it takes all the same.
    const out: unknown = tf.engine().runKernel(name, inputs, { ...attrs });
    return out as FusedKernels[Name]['outputs'];
  };
}
