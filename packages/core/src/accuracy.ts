import * as tf from '@tensorflow/tfjs';
import { check } from './check.ts';
import { areSoftLabels, meanByExample, sameShape, single } from './loss.ts';
import type { Metric } from './metric.ts';
import type { Tensors } from './tensors.ts';

/**
 * Share of examples whose largest score `[n, classes]` is at the label `[n]`, or at a soft label's largest; the
 * mean over an example's positions where there are several, `[n, ..., classes]`. An example with a NaN among
 * its scores is wrong.
 */
export function accuracy(): Metric {
  return { name: 'accuracy', values: (pred, target) => right('accuracy', pred, target) };
}

/** Share of examples that {@link accuracy} does not count. */
export function errorRate(): Metric {
  return {
    name: 'errorRate',
    values: (pred, target) => tf.sub(1, right('errorRate', pred, target)),
  };
}

function right(owner: string, pred: Tensors, target: Tensors): tf.Tensor {
  const scores = single(owner, pred);
  const hit = tf.equal(tf.argMax(scores, -1), labels(owner, scores, single(owner, target)));
  // The largest of NaNs is somewhere: a model that diverged must not look right.
  const counts = tf.logicalAnd(hit, tf.logicalNot(tf.isNaN(tf.sum(scores, -1))));
  return meanByExample(tf.cast(counts, 'float32'));
}

/**
 * Share of examples with the label among the k largest scores `[n, classes]`; called `top5Accuracy` for k = 5.
 * Equal scores count for the example; several positions as in {@link accuracy}.
 */
export function topKAccuracy(k = 5): Metric {
  check.integer('topKAccuracy', 'k', k, { min: 1 });
  const name = `top${k}Accuracy`;
  return {
    name,
    values(pred, target) {
      const scores = single(name, pred);
      const label = labels(name, scores, single(name, target));
      const classes = scores.shape.at(-1) ?? 1;
      const mask = tf.cast(tf.oneHot(label, classes), 'bool');
      const own = tf.sum(tf.where(mask, scores, tf.zerosLike(scores)), -1, true);
      // Counted from below, because NaN is less than or equal to nothing: no score, no hit.
      const notAbove = tf.sum(tf.cast(tf.lessEqual(scores, own), 'int32'), -1);
      const counts = tf.logicalAnd(tf.greater(notAbove, classes - k), tf.greater(notAbove, 0));
      return meanByExample(tf.cast(counts, 'float32'));
    },
  };
}

/** Share of outputs whose logit has the sign of its label: above 0 for labels above one half. */
export function binaryAccuracy(): Metric {
  return {
    name: 'binaryAccuracy',
    values(pred, target) {
      const [logits, label] = [single('binaryAccuracy', pred), single('binaryAccuracy', target)];
      sameShape('binaryAccuracy', logits, label);
      const right = tf.cast(tf.equal(tf.greater(logits, 0), tf.greater(label, 0.5)), 'float32');
      return meanByExample(right);
    },
  };
}

function labels(owner: string, scores: tf.Tensor, target: tf.Tensor): tf.Tensor {
  return areSoftLabels(owner, scores, target) ? tf.argMax(target, -1) : tf.cast(target, 'int32');
}
