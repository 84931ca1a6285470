import * as tf from '@tensorflow/tfjs';
import { check } from './check.ts';
import { areSoftLabels, meanByExample, single, type Loss } from './loss.ts';

/** Options of {@link crossEntropy}. */
export interface CrossEntropyOptions {
  /** Share of the target spread evenly over all classes, in [0, 1). @default 0 */
  readonly labelSmoothing?: number;
}

/**
 * Softmax cross-entropy from logits `[n, classes]`.
 *
 * Targets are integer labels `[n]` or soft labels `[n, classes]`; label smoothing ε makes them
 * (1 − ε)·t + ε / classes. A label that is no class has no loss and no gradient: looking at labels would mean
 * waiting for the device. One gradient for the whole: softmax(logits)·Σt − t.
 */
export function crossEntropy(options: CrossEntropyOptions = {}): Loss {
  const { labelSmoothing = 0 } = options;
  check.known('crossEntropy', options, ['labelSmoothing']);
  check.number('crossEntropy', 'labelSmoothing', labelSmoothing, { min: 0, below: 1 });
  const loss: Loss = (pred, target) => {
    const logits = single('crossEntropy', pred);
    const hard = targetDistribution(logits, single('crossEntropy', target));
    const classes = logits.shape.at(-1) ?? 1;
    const soft =
      labelSmoothing === 0
        ? hard
        : tf.add(tf.mul(hard, 1 - labelSmoothing), labelSmoothing / classes);
    return meanByExample(softmaxCrossEntropy(logits, soft));
  };
  return Object.assign(loss, { expects: 'logits' as const });
}

/** −Σ t·log softmax(z) over the last dimension; t is not asked to sum to 1, as torch does not. */
function softmaxCrossEntropy(logits: tf.Tensor, target: tf.Tensor): tf.Tensor {
  const withGradient = tf.customGrad((input, save) => {
    const z = input as tf.Tensor;
    (save as tf.GradSaveFunc)([z, target]);
    return {
      value: tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(z)), -1)),
      gradFunc: (dy: tf.Tensor, [logit, t]: tf.Tensor[]) =>
        tf.mul(
          tf.sub(
            tf.mul(tf.softmax(logit as tf.Tensor), tf.sum(t as tf.Tensor, -1, true)),
            t as tf.Tensor,
          ),
          tf.expandDims(dy, -1),
        ),
    };
  });
  return withGradient(logits);
}

function targetDistribution(logits: tf.Tensor, target: tf.Tensor): tf.Tensor {
  if (areSoftLabels('crossEntropy', logits, target)) return tf.cast(target, 'float32');
  // On WASM, oneHot writes integers whatever dtype it is asked for.
  return tf.cast(tf.oneHot(tf.cast(target, 'int32'), logits.shape.at(-1) ?? 1), 'float32');
}
