import { unaryGradients, type UnaryGradientCall } from '../overrides/unary-gradient.ts';
import type { TensorFlow } from './tensorflow.ts';

/** A call of the gradient of a kernel of tfjs-node with one input. */
export type GradientCall<Attrs> = UnaryGradientCall<TensorFlow, Attrs>;

/** Declares an override of such a gradient. */
export const gradient = unaryGradients<TensorFlow>('tensorflow');
