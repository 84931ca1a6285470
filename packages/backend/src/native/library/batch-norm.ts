import { constants, scalar } from '../constants.ts';
import { fusedOverride } from '../fused-override.ts';
import { run, runMany } from '../tensorflow.ts';

/** Batch norm in training, forward, its ReLU within it. */
export const batchNorm = fusedOverride(
  'TfloopBatchNorm',
  ({ inputs: { x, scale, offset }, attrs: { epsilon, relu }, backend }) =>
    runMany(
      backend,
      'TfloopBatchNorm',
      [x, scale, offset, constants(backend, [epsilon, relu ? 1 : 0])],
      [],
      { outputs: 3, wanted: [0, 1, 2] },
    ),
);

/** Its gradients. */
export const batchNormGrad = fusedOverride(
  'TfloopBatchNormGrad',
  ({ inputs: { dy, x, y, scale, mean, variance }, attrs: { epsilon, relu }, backend }) =>
    runMany(
      backend,
      'TfloopBatchNormGrad',
      [dy, x, y, scale, mean, variance, constants(backend, [epsilon, relu ? 1 : 0])],
      [],
      { outputs: 3, wanted: [0, 1, 2] },
    ),
);

/** A step of its moving averages. */
export const moveTowards = fusedOverride(
  'TfloopMoveTowards',
  ({ inputs: { average, value }, attrs: { share }, backend }) => [
    run(backend, 'TfloopMoveTowards', [average, value, scalar(backend, share)], []),
  ],
);
