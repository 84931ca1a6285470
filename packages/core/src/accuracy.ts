import * as tf from '@tensorflow/tfjs';
import { check } from './check.ts';
import { areSoftLabels, sameShape, single, meanByExample } from './loss.ts';
import type { Metric } from './metric.ts';

/** Share of examples whose largest score `[n, classes]` is at the label `[n]`, or at a soft label's largest. */
export function accuracy(): Metric {
  return {
    name: 'accuracy',
    values(pred, target) {
      const scores = single('accuracy', pred);
      return tf.equal(
        tf.argMax(scores, -1),
        labels('accuracy', scores, single('accuracy', target)),
      );
    },
  };
}

/** Share of examples that {@link accuracy} does not count. */
export function errorRate(): Metric {
  const { values } = accuracy();
  return { name: 'errorRate', values: (pred, target) => tf.logicalNot(values(pred, target)) };
}

/**
 * Share of examples with the label among the k largest scores `[n, classes]`; called `top5Accuracy` for k = 5.
 * Equal scores count for the example.
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
      return tf.logicalAnd(tf.greater(notAbove, classes - k), tf.greater(notAbove, 0));
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
