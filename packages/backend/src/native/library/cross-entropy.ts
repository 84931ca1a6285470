import { fusedOverride } from '../fused-override.ts';
import { scalar } from '../constants.ts';
import { runMany } from '../tensorflow.ts';

/** Softmax cross-entropy of integer labels with its gradient; both are NaN where a label is no class. */
export const softmaxCrossEntropy = fusedOverride(
  'TfloopSoftmaxCrossEntropy',
  ({ inputs: { logits, labels }, attrs: { labelSmoothing }, backend }) =>
    runMany(backend, 'TfloopCrossEntropy', [logits, labels, scalar(backend, labelSmoothing)], [], {
      outputs: 2,
      wanted: [0, 1],
    }),
);
