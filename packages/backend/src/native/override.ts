import { typedKernels } from '../overrides/typed-kernel.ts';
import type { TensorFlow } from './tensorflow.ts';

/** Declares an override of a kernel of tfjs-node. */
export const override = typedKernels<TensorFlow>('tensorflow');
