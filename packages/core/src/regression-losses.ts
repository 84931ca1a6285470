import * as tf from '@tensorflow/tfjs';
import { meanByExample, sameShape, single, type Loss } from './loss.ts';

/** Mean squared error over an example's outputs; predictions and targets have one shape `[n, ...]`. */
export function meanSquaredError(): Loss {
  return byDifference('meanSquaredError', tf.square);
}

/** Mean absolute error over an example's outputs; predictions and targets have one shape `[n, ...]`. */
export function meanAbsoluteError(): Loss {
  return byDifference('meanAbsoluteError', tf.abs);
}

function byDifference(owner: string, measure: (difference: tf.Tensor) => tf.Tensor): Loss {
  const loss: Loss = (pred, target) => {
    const [p, t] = [single(owner, pred), single(owner, target)];
    sameShape(owner, p, t);
    return meanByExample(measure(tf.sub(p, t)));
  };
  return Object.assign(loss, { title: owner });
}
