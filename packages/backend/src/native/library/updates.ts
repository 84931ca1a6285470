import { fusedOverride } from '../fused-override.ts';
import { constants, nothing } from '../constants.ts';
import { runMany } from '../tensorflow.ts';

/** The update of `sgd`, in one pass. */
export const sgdUpdate = fusedOverride(
  'TfloopSgdUpdate',
  ({ inputs: { parameter, gradient, buffer }, attrs, backend }) => {
    const { lr, momentum, entering, weightDecay, nesterov } = attrs;
    const settings = constants(backend, [lr, weightDecay, momentum, entering, nesterov ? 1 : 0]);
    const inputs = [settings, parameter, gradient, buffer ?? nothing(backend)];
    return buffer
      ? runMany(backend, 'TfloopSgdUpdate', inputs, [], { outputs: 2, wanted: [0, 1] })
      : runMany(backend, 'TfloopSgdUpdate', inputs, [], { outputs: 2, wanted: [0] });
  },
);

/** The update of `adam` and `adamw`, in one pass. */
export const adamUpdate = fusedOverride(
  'TfloopAdamUpdate',
  ({ inputs: { parameter, gradient, expAvg, expAvgSq }, attrs, backend }) => {
    const { beta1, beta2, eps, stepSize, shrink, weightDecay } = attrs;
    const settings = constants(backend, [
      ...[beta1, 1 - beta1, beta2, 1 - beta2],
      ...[eps, stepSize, shrink, weightDecay],
    ]);
    const inputs = [settings, parameter, gradient, expAvg, expAvgSq];
    return runMany(backend, 'TfloopAdamUpdate', inputs, [], { outputs: 3, wanted: [0, 1, 2] });
  },
);

/** The update of `rmsprop`, in one pass. */
export const rmspropUpdate = fusedOverride(
  'TfloopRmspropUpdate',
  ({ inputs, attrs: { lr, alpha, eps, momentum, weightDecay }, backend }) => {
    const { parameter, gradient, squareAvg, gradAvg, buffer } = inputs;
    const none = nothing(backend);
    const settings = constants(backend, [lr, alpha, 1 - alpha, eps, momentum, weightDecay]);
    return runMany(
      backend,
      'TfloopRmspropUpdate',
      [settings, parameter, gradient, squareAvg, gradAvg ?? none, buffer ?? none],
      [],
      { outputs: 4, wanted: [0, 1, ...(gradAvg ? [2] : []), ...(buffer ? [3] : [])] },
    );
  },
);
