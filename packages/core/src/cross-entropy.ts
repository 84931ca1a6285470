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
 * (1 − ε)·t + ε / classes. Labels that are no classes are an error in the
 * first batch that this loss sees; in later ones they are not looked for, which would mean waiting for the
 * device. One gradient for the whole: softmax(logits)·Σt − t.
 */
export function crossEntropy(options: CrossEntropyOptions = {}): Loss {
  if (options instanceof tf.Tensor)
    throw new TypeError('crossEntropy: makes a loss; pass crossEntropy(), with its parentheses');
  const { labelSmoothing = 0 } = options;
  check.known('crossEntropy', options, ['labelSmoothing']);
  check.number('crossEntropy', 'labelSmoothing', labelSmoothing, { min: 0, below: 1 });
  let labelsRead = false;
  const loss: Loss = (pred, target) => {
    const logits = single('crossEntropy', pred);
    const given = single('crossEntropy', target);
    const classes = logits.shape.at(-1) ?? 1;
    const soft = areSoftLabels('crossEntropy', logits, given);
    if (!soft && !labelsRead) {
      refuseUnknownClasses(given, classes);
      labelsRead = true;
    }
    const hard = soft ? tf.cast(given, 'float32') : oneHot(given, classes);
    const smooth =
      labelSmoothing === 0
        ? hard
        : tf.add(tf.mul(hard, 1 - labelSmoothing), labelSmoothing / classes);
    return meanByExample(softmaxCrossEntropy(logits, smooth, !soft));
  };
  return Object.assign(loss, { expects: 'logits' as const });
}

/** −Σ t·log softmax(z) over the last dimension; soft labels are not asked to sum to 1, as torch does not. */
function softmaxCrossEntropy(logits: tf.Tensor, target: tf.Tensor, sumsToOne: boolean): tf.Tensor {
  const withGradient = tf.customGrad((input, save) => {
    const z = input as tf.Tensor;
    (save as tf.GradSaveFunc)([z, target]);
    return {
      value: tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(z)), -1)),
      gradFunc: (dy: tf.Tensor, [logit, t]: tf.Tensor[]) => {
        const p = tf.softmax(logit as tf.Tensor);
        const expected = sumsToOne ? p : tf.mul(p, tf.sum(t as tf.Tensor, -1, true));
        return tf.mul(tf.sub(expected, t as tf.Tensor), tf.expandDims(dy, -1));
      },
    };
  });
  return withGradient(logits);
}

function oneHot(labels: tf.Tensor, classes: number): tf.Tensor {
  // On stock WASM, oneHot writes integers whatever dtype it is asked for.
  return tf.cast(tf.oneHot(tf.cast(labels, 'int32'), classes), 'float32');
}

/** Labels that start at 1, or of more classes than the model has, would look like a splendid fit. */
function refuseUnknownClasses(labels: tf.Tensor, classes: number): void {
  const wrong = labels.dataSync().find((label) => !(label >= 0 && label < classes));
  if (wrong !== undefined)
    throw new RangeError(
      `crossEntropy: label ${wrong} is no class: the model has ${classes}, so labels go from 0 to ${classes - 1}`,
    );
}
