import * as tf from '@tensorflow/tfjs';
import { isMixed, mix, type Target } from './mixed-target.ts';
import { showShape } from './tensors.ts';
import type { Comparison, Tensors } from './tensors.ts';

/**
 * Something to measure of a batch.
 *
 * `values` gives a number for each example, `[n]`, or the batch's mean as a scalar; the loop averages over
 * examples, so that a partial last batch counts for what it holds. Its target is a plain one: a mixed target
 * does not fit, by type; the loop weights by λ instead.
 */
export interface Metric {
  readonly name: string;
  readonly values: Comparison;
}

/** A metric of your own: a name and a function; a loss without its gradient is one, too. */
export function metric(name: string, values: Metric['values']): Metric {
  if (!name)
    throw new TypeError('metric: name must not be empty, the history has a column of that name');
  return { name, values };
}

/** A metric's sum over a batch of `size` examples, as a scalar; λ-weighted where the target is mixed. */
export function metricSum(metric: Metric, pred: Tensors, target: Target, size: number): tf.Scalar {
  return tf.tidy(() => {
    const values = isMixed(target)
      ? lambdaWeighted(metric, pred, target.lambda, target.first, target.second)
      : metric.values(pred, target);
    if (values.rank > 1)
      throw new Error(
        `metric ${metric.name}: values must be a scalar or one number for each example, got shape ${showShape(values.shape)}`,
      );
    const float = tf.cast(values, 'float32');
    return float.rank === 0 ? tf.mul(float, size) : tf.sum(float);
  });
}

function lambdaWeighted(
  metric: Metric,
  pred: Tensors,
  lambda: tf.Tensor,
  first: tf.Tensor,
  second: tf.Tensor,
): tf.Tensor {
  const [a, b] = [metric.values(pred, first), metric.values(pred, second)];
  if (a.rank !== 1)
    throw new Error(
      `metric ${metric.name}: on mixed targets it has to give one number for each example, got shape ${showShape(a.shape)}`,
    );
  return mix(lambda, tf.cast(a, 'float32'), tf.cast(b, 'float32'));
}
