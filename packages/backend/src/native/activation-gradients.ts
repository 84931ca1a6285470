import { backend_util, cast, lessEqual, mul } from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { ofReluOutput } from '../overrides/gradient-override.ts';
import type { Override } from '../overrides/override.ts';
import { arithmetic } from './arithmetic.ts';
import { chain } from './chain.ts';
import { gradient, type GradientCall } from './gradient.ts';
import { float, floats, run } from './tensorflow.ts';
import type { Attribute, Made, TensorFlow } from './tensorflow.ts';

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

const softplus = gradient('Softplus', (call) =>
  run(call.backend, 'SoftplusGrad', pair(call), [T(call)]),
);

/** Of SELU. TensorFlow's own op has another slope at 0 than TensorFlow.js. */
const selu = gradient('Selu', ({ backend, dy, saved }) =>
  composed(backend, ({ exp, greater, mul, select }) => {
    const bent = mul(dy, mul(exp(saved), backend_util.SELU_SCALEALPHA));
    // A choice between tensors of one shape: it takes long where a number is spread.
    return select(greater(saved, 0), mul(dy, backend_util.SELU_SCALE), bent);
  }),
);

const erf = gradient('Erf', ({ backend, dy, saved }) =>
  composed(backend, ({ exp, mul, neg, square }) =>
    mul(dy, mul(exp(neg(square(saved))), 2 / Math.sqrt(Math.PI))),
  ),
);

/** Of the absolute value, and so of softsign; that of 0 is -1 in TensorFlow.js. */
const abs = gradient('Abs', ({ backend, dy, saved }) =>
  composed(backend, ({ greater, neg, select }) => select(greater(saved, 0), dy, neg(dy))),
);

/** Gradients of activations, in as few ops as there are. */
export const activationGradients: readonly Override[] = [
  abs,
  erf,
  leakyRelu,
  relu,
  relu6,
  selu,
  sigmoid,
  softplus,
  tanh,
];

/** Arithmetic of which the engine gets to know the result alone. */
function composed(
  backend: TensorFlow,
  compute: (ops: ReturnType<typeof arithmetic>) => Made,
): Tensor {
  const [out] = chain(backend, ({ run: op }) => [compute(arithmetic(backend, op))]);
  return out;
}

function pair({ dy, saved }: GradientCall<unknown>) {
  return [dy, saved];
}

function T({ backend }: GradientCall<unknown>): Attribute {
  return floats(backend, 'T');
}
