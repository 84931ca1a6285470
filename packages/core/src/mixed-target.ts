import * as tf from '@tensorflow/tfjs';
import type { Tensors } from './tensors.ts';

/**
 * The target of a mixed example: `lambda` of the first label and `1 - lambda` of the second.
 *
 * A type of its own, so that a plain metric can't be computed on it by mistake. The loop knows what to do:
 * losses are mixed where `mixes` is `'losses'` (integer labels), targets where it is `'targets'` (soft
 * labels), and metrics are weighted by λ either way.
 */
export interface MixedTarget {
  readonly kind: 'mixed';
  /** Labels of the examples themselves, `[n, ...]`. */
  readonly first: tf.Tensor;
  /** Labels of their partners, same shape. */
  readonly second: tf.Tensor;
  /** Share of `first` for each example, `[n]`, in [0, 1]. */
  readonly lambda: tf.Tensor;
  /**
   * Weights of the examples and of their partners, `[n]` each: the loss of an example is then
   * λ · weight · loss of `first` + (1 − λ) · weight · loss of `second`, whatever `mixes` says. For
   * cross-entropy that also is the loss of mixed soft labels. @default every example counts the same
   */
  readonly weights?: { readonly first: tf.Tensor; readonly second: tf.Tensor };
  readonly mixes: 'losses' | 'targets';
}

/** What a batch is trained towards. */
export type Target = Tensors | MixedTarget;

/** Whether a target is mixed; narrows the type. */
export function isMixed(target: Target): target is MixedTarget {
  return !(target instanceof tf.Tensor) && 'kind' in target && target.kind === 'mixed';
}

/** λ·a + (1 − λ)·b with λ `[n]` broadcast over the trailing dimensions of a and b `[n, ...]`. */
export function mix(lambda: tf.Tensor, a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const share = tf.reshape(lambda, [lambda.size, ...Array<number>(a.rank - 1).fill(1)]);
    return tf.add(tf.mul(share, a), tf.mul(tf.sub(1, share), b));
  });
}
