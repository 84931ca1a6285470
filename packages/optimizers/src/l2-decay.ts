import * as tf from '@tensorflow/tfjs';
import type { UpdateInput } from './update-rule.ts';

/** The gradient with L2 weight decay: `gradient + weightDecay · parameter`. */
export function l2Decay({
  parameter,
  gradient,
  hyper: { weightDecay },
  scalar,
}: UpdateInput<'weightDecay', never>): tf.Tensor {
  return weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(parameter, scalar(weightDecay)));
}
