import { address } from './address.ts';
import { fusedOverride } from './fused-override.ts';
import { produce } from './produce.ts';

/** Softmax cross-entropy of integer labels with its gradient; both are NaN where a label is no class. */
export const softmaxCrossEntropy = fusedOverride(
  'TfloopSoftmaxCrossEntropy',
  ({ inputs, attrs, backend }, side) => {
    const [rows = 0, classes = 0] = inputs.logits.shape;
    const logits = address(backend, inputs.logits);
    const labels = address(backend, inputs.labels, 'int32');
    return produce(backend, [[rows], [rows, classes]], [], ([losses, gradient]) => {
      side.crossEntropy({ logits, labels, losses, gradient, rows, classes, ...attrs });
    });
  },
);
