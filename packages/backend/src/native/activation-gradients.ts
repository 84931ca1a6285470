import { cast, lessEqual, mul } from '@tensorflow/tfjs';
import { ofReluOutput } from '../overrides/gradient-override.ts';
import type { Override } from '../overrides/override.ts';
import { gradient, type GradientCall } from './gradient.ts';
import { float, floats, run, type Attribute } from './tensorflow.ts';

// Stock gradients are made of up to ten ops: a comparison, its exceptions for NaN, casts, products.

const relu = gradient(
  'Relu',
  (call) => run(call.backend, 'ReluGrad', pair(call), [T(call)]),
  ofReluOutput,
);

/** Of ReLU6; TensorFlow's own op would have no gradient at 6, where TensorFlow.js has one. */
const relu6 = gradient('Relu6', (call) =>
  mul(
    run(call.backend, 'ReluGrad', pair(call), [T(call)]),
    cast(lessEqual(call.saved, 6), 'float32'),
  ),
);

const leakyRelu = gradient<{ readonly alpha: number }>('LeakyRelu', (call) =>
  run(call.backend, 'LeakyReluGrad', pair(call), [
    T(call),
    float(call.backend, 'alpha', call.attrs.alpha),
  ]),
);

const sigmoid = gradient('Sigmoid', (call) =>
  run(call.backend, 'SigmoidGrad', [call.saved, call.dy], [T(call)]),
);

const tanh = gradient('Tanh', (call) =>
  run(call.backend, 'TanhGrad', [call.saved, call.dy], [T(call)]),
);

/** Gradients of activations, in one op each. */
export const activationGradients: readonly Override[] = [relu, relu6, leakyRelu, sigmoid, tanh];

function pair({ dy, saved }: GradientCall<unknown>) {
  return [dy, saved];
}

function T({ backend }: GradientCall<unknown>): Attribute {
  return floats(backend, 'T');
}
