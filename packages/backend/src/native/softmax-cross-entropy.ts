import { add, div, expandDims, mul, sum, tidy } from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { Fused } from '../overrides/fused.ts';
import { integer, scalar } from './constants.ts';
import { fusedOverride } from './fused-override.ts';
import { floats, ints, run, runMany, type TensorFlow } from './tensorflow.ts';

type Inputs = Fused<'TfloopSoftmaxCrossEntropy'>['inputs'];

/** Softmax cross-entropy of integer labels with its gradient; both are NaN where a label is no class. */
export const softmaxCrossEntropy = fusedOverride(
  'TfloopSoftmaxCrossEntropy',
  ({ inputs, attrs: { labelSmoothing }, backend }) => {
    if (labelSmoothing === 0) {
      try {
        return ofLabels(backend, inputs);
      } catch (error) {
        // A label that is no class is refused by the op: the other way makes its row NaN, without a look at the labels.
        if (!String(error).includes('label value')) throw error;
      }
    }
    return tidy(() => ofShares(backend, inputs, labelSmoothing));
  },
);

function ofLabels(backend: TensorFlow, { logits, labels }: Inputs): [Tensor, Tensor] {
  return runMany(
    backend,
    'SparseSoftmaxCrossEntropyWithLogits',
    [logits, labels],
    [floats(backend, 'T'), ints(backend, 'Tlabels')],
    { outputs: 2, wanted: [0, 1] },
  );
}

function ofShares(
  backend: TensorFlow,
  { logits, labels }: Inputs,
  smoothing: number,
): [Tensor, Tensor] {
  const classes = logits.shape[1] ?? 1;
  const [on, off] = [scalar(backend, 1), scalar(backend, 0)];
  const hard = run(
    backend,
    'OneHot',
    [labels, integer(backend, classes), on, off],
    [floats(backend, 'T'), ints(backend, 'TI')],
  );
  const [losses, gradient] = runMany(
    backend,
    'SoftmaxCrossEntropyWithLogits',
    [logits, add(mul(hard, 1 - smoothing), smoothing / classes)],
    [floats(backend, 'T')],
    { outputs: 2, wanted: [0, 1] },
  );
  // 1, or 0 / 0 where there is no such class.
  const one = sum(hard, 1);
  const certain = div(one, one);
  return [mul(losses, certain), mul(gradient, expandDims(certain, 1))];
}
