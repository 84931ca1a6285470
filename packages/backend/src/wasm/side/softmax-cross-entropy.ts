import { address } from './address.ts';
import { fusedOverride } from './fused-override.ts';
import { produce } from './produce.ts';

/** Softmax cross-entropy of integer labels with its gradient; both are NaN where a label is no class. */
export const softmaxCrossEntropy = fusedOverride(
  'TfloopSoftmaxCrossEntropy',
  ({ inputs: { logits, labels }, attrs, backend }, side) => {
    const [rows = 0, classes = 0] = logits.shape;
    const z = address(backend, logits);
    const y = address(backend, labels, 'int32');
    return produce(backend, [[rows], logits.shape], [], ([losses, gradient]) => {
      side.crossEntropy(z, y, losses, gradient, rows, classes, attrs.labelSmoothing);
    });
  },
);
