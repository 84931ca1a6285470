import * as tf from '@tensorflow/tfjs';
import { meanByExample, sameShape, single, type Loss } from './loss.ts';

/**
 * Sigmoid cross-entropy from logits, for targets in [0, 1] of the same shape; the mean over an example's
 * outputs.
 *
 * Computed as max(z, 0) − z·t + log(1 + e^(−|z|)), which overflows for no logit; its gradient is
 * sigmoid(z) − t.
 */
export function binaryCrossEntropy(): Loss {
  const loss: Loss = (pred, target) => {
    const logits = single('binaryCrossEntropy', pred);
    const labels = tf.cast(single('binaryCrossEntropy', target), 'float32');
    sameShape('binaryCrossEntropy', logits, labels);
    const withGradient = tf.customGrad((input, save) => {
      const z = input as tf.Tensor;
      (save as tf.GradSaveFunc)([z, labels]);
      return {
        value: tf.add(tf.sub(tf.relu(z), tf.mul(z, labels)), tf.log1p(tf.exp(tf.neg(tf.abs(z))))),
        gradFunc: (dy: tf.Tensor, [logit, label]: tf.Tensor[]) =>
          tf.mul(tf.sub(tf.sigmoid(logit as tf.Tensor), label as tf.Tensor), dy),
      };
    });
    return meanByExample(withGradient(logits));
  };
  return Object.assign(loss, { expects: 'logits' as const, title: 'binaryCrossEntropy' });
}
