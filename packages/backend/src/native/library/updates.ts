import { fusedOverride } from '../fused-override.ts';
import { nothing } from '../constants.ts';
import { runMany } from '../tensorflow.ts';
import { settings } from './settings.ts';

/** The update of `sgd`, in one pass. */
export const sgdUpdate = fusedOverride(
  'TfloopSgdUpdate',
  ({ inputs: { parameter, gradient, buffer }, attrs, backend }) => {
    const { lr, momentum, entering, weightDecay, nesterov } = attrs;
    const set = settings(backend, 'TfloopSgdUpdate', [
      lr,
      weightDecay,
      momentum,
      entering,
      nesterov ? 1 : 0,
    ]);
    const inputs = [set, parameter, gradient, buffer ?? nothing(backend)];
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
    const set = settings(backend, 'TfloopAdamUpdate', [
      ...[beta1, 1 - beta1, beta2, 1 - beta2],
      ...[eps, stepSize, shrink, weightDecay],
    ]);
    const inputs = [set, parameter, gradient, expAvg, expAvgSq];
    return runMany(backend, 'TfloopAdamUpdate', inputs, [], { outputs: 3, wanted: [0, 1, 2] });
  },
);

/** The update of `rmsprop`, in one pass. */
export const rmspropUpdate = fusedOverride(
  'TfloopRmspropUpdate',
  ({ inputs, attrs: { lr, alpha, eps, momentum, weightDecay }, backend }) => {
    const { parameter, gradient, squareAvg, gradAvg, buffer } = inputs;
    const none = nothing(backend);
    const set = settings(backend, 'TfloopRmspropUpdate', [
      lr,
      alpha,
      1 - alpha,
      eps,
      momentum,
      weightDecay,
    ]);
    return runMany(
      backend,
      'TfloopRmspropUpdate',
      [set, parameter, gradient, squareAvg, gradAvg ?? none, buffer ?? none],
      [],
      { outputs: 4, wanted: [0, 1, ...(gradAvg ? [2] : []), ...(buffer ? [3] : [])] },
    );
  },
);
