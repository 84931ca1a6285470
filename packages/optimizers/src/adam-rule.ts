import * as tf from '@tensorflow/tfjs';
import { fusedKernel } from '@tfloop/core';
import { l2Decay } from './l2-decay.ts';
import type { UpdateRule } from './update-rule.ts';

/** The hyper-parameters of `adam` and `adamw`. */
export type AdamHyperparameter = 'lr' | 'beta1' | 'beta2' | 'eps' | 'weightDecay';

/** The update of Adam; `decoupled` decay shrinks the parameter, the other kind enters the gradient. */
export function adamRule(
  name: string,
  decoupled: boolean,
): UpdateRule<AdamHyperparameter, 'expAvg' | 'expAvgSq'> {
  return {
    name,
    bounds: {
      lr: { min: 0 },
      beta1: { min: 0, below: 1 },
      beta2: { min: 0, below: 1 },
      eps: { min: 0 },
      weightDecay: { min: 0 },
    },
    settings: {},
    momentum: { name: 'beta1', offAtZero: false },
    slots: { expAvg: { role: 'first-moment' }, expAvgSq: { role: 'second-moment' } },
    update(input) {
      const { parameter, gradient, hyper, slot, scalar } = input;
      const { lr, beta1, beta2, eps, weightDecay } = hyper;
      const first = slot('expAvg');
      const second = slot('expAvgSq');
      // lr · (m / c1) / (√v / √c2 + eps), with numerator and denominator multiplied by √c2: one operation less.
      const c1 = 1 - beta1 ** (first.updates + 1);
      const rootC2 = Math.sqrt(1 - beta2 ** (second.updates + 1));
      const stepSize = (lr * rootC2) / c1;
      const shrink = decoupled ? 1 - lr * weightDecay : 1;
      const fused = fusedKernel('TfloopAdamUpdate');
      if (fused) {
        const [moved, expAvg, expAvgSq] = fused(
          { parameter, gradient, expAvg: first.value, expAvgSq: second.value },
          {
            beta1,
            beta2,
            eps: eps * rootC2,
            stepSize,
            shrink,
            weightDecay: decoupled ? 0 : weightDecay,
          },
        );
        return { parameter: moved, slots: { expAvg, expAvgSq } };
      }
      const g = decoupled ? gradient : l2Decay(input);
      const p = shrink === 1 ? parameter : tf.mul(parameter, scalar(shrink));
      const expAvg = tf.add(tf.mul(first.value, scalar(beta1)), tf.mul(g, scalar(1 - beta1)));
      const expAvgSq = tf.add(
        tf.mul(second.value, scalar(beta2)),
        tf.mul(tf.square(g), scalar(1 - beta2)),
      );
      const denominator = tf.add(tf.sqrt(expAvgSq), scalar(eps * rootC2));
      const move = tf.mul(tf.div(expAvg, denominator), scalar(stepSize));
      return { parameter: tf.sub(p, move), slots: { expAvg, expAvgSq } };
    },
  };
}
