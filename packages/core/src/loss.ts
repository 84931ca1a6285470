import * as tf from '@tensorflow/tfjs';
import { isPromise } from './drive.ts';
import { isMixed, mix, type Target } from './mixed-target.ts';
import { showShape } from './tensors.ts';
import type { Comparison, Tensors } from './tensors.ts';

/**
 * A loss: a number for each example, `[n]`, or their mean as a scalar.
 *
 * Losses by example are what sample weights and mixup of integer labels need. Runs inside the gradient tape.
 */
export type Loss = Comparison & {
  /** What the predictions have to be, so that a model ending in a softmax can be refused. */
  readonly expects?: 'logits';
  /** What it is called, with its options, so that checkpoints know it from another. @default its source */
  readonly title?: string;
};

/**
 * The loss of a batch of so many examples as a scalar: mixes where the target is mixed, weights where there are weights.
 */
export function batchLoss(
  loss: Loss,
  pred: Tensors,
  target: Target,
  weights: tf.Tensor | undefined,
  examples: number,
): tf.Scalar {
  const losses = mixedLoss(loss, pred, target);
  if (losses.rank === 0 && !weights) return tf.clone(losses as tf.Scalar); // which may be the prediction itself
  if (losses.rank !== 1)
    throw new Error(
      `Learner: the loss must be a scalar or one number for each example, got shape ${showShape(losses.shape)}` +
        (weights ? '; sample weights need one number for each example' : ''),
    );
  if (losses.shape[0] !== examples)
    throw new Error(
      `Learner: the loss must be a scalar or one number for each of the ${examples} examples, got shape ${showShape(losses.shape)}; does the model keep the first dimension?`,
    );
  return tf.mean(weights ? tf.mul(losses, weights) : losses);
}

/** What a loss returns, unless it is no tensor: plain JavaScript has no types. */
function plainLoss(loss: Loss, pred: Tensors, target: Tensors): tf.Tensor {
  const losses: unknown = loss(pred, target);
  if (losses instanceof tf.Tensor) return losses as tf.Tensor;
  // Nobody waits for a promise, so its own error must not end the process as one that nobody caught.
  if (isPromise(losses)) void losses.then(undefined, () => undefined);
  throw new TypeError(
    `Learner: the loss must return a tensor, at once, got ${isPromise(losses) ? 'a promise' : String(losses)}`,
  );
}

function mixedLoss(loss: Loss, pred: Tensors, target: Target): tf.Tensor {
  if (!isMixed(target)) return plainLoss(loss, pred, target);
  const { first, second, lambda, weights } = target;
  if (target.mixes === 'targets' && !weights)
    return plainLoss(loss, pred, mix(lambda, first, second));
  const [a, b] = [plainLoss(loss, pred, first), plainLoss(loss, pred, second)];
  if (a.rank !== 1)
    throw new Error(
      `Learner: mixing ${weights ? 'sample weights' : 'integer labels'} needs a loss with one number for each example, got shape ${showShape(a.shape)}`,
    );
  return weights
    ? mix(lambda, tf.mul(a, weights.first), tf.mul(b, weights.second))
    : mix(lambda, a, b);
}

/** The only tensor of a model's answer or target. Throws where there are several, naming who asks. */
export function single(owner: string, value: Tensors): tf.Tensor {
  if (value instanceof tf.Tensor) return value;
  const tensors = Object.values(value);
  if (tensors.length === 1 && tensors[0]) return tensors[0];
  throw new Error(
    `${owner}: takes one tensor, got ${tensors.length}; for several outputs write a function of them`,
  );
}

/** Throws where two shapes differ: broadcasting here would train something else without a word. */
export function sameShape(owner: string, pred: tf.Tensor, target: tf.Tensor): void {
  if (pred.shape.join() !== target.shape.join())
    throw new Error(
      `${owner}: predictions and targets must have one shape, got ${showShape(pred.shape)} and ${showShape(target.shape)}`,
    );
}

/**
 * Whether the targets of scores `[n, ..., classes]` are soft labels of that shape, or else integer ones
 * `[n, ...]`. Throws where they are neither, or where there are no two classes to tell apart.
 */
export function areSoftLabels(owner: string, scores: tf.Tensor, target: tf.Tensor): boolean {
  if (scores.rank < 2 || (scores.shape.at(-1) ?? 0) < 2)
    throw new Error(
      `${owner}: needs scores [n, classes] of two classes or more, got ${showShape(scores.shape)}; for single logits there are binaryCrossEntropy and binaryAccuracy`,
    );
  if (target.rank === scores.rank) {
    sameShape(owner, scores, target);
    return true;
  }
  const labels = scores.shape.slice(0, -1);
  if (target.shape.join() !== labels.join())
    throw new Error(
      `${owner}: scores of shape ${showShape(scores.shape)} need integer labels ${showShape(labels)} or soft labels of their own shape, got ${showShape(target.shape)}`,
    );
  return false;
}

/** Mean over all dimensions but the first: `[n, ...]` → `[n]`. */
export function meanByExample(values: tf.Tensor): tf.Tensor {
  const trailing = values.shape.map((_, axis) => axis).slice(1);
  return trailing.length === 0 ? values : tf.mean(values, trailing);
}
