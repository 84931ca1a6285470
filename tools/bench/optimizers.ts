import * as tf from '@tensorflow/tfjs';
import type { Optimizer } from '@tfloop/core';
import { adam, sgd } from '@tfloop/optimizers';
import type { OptimizerName } from './contenders.ts';

/** Each optimizer as ours and as TensorFlow.js's own, with the same numbers. */
export const optimizers: Readonly<
  Record<OptimizerName, { ours: () => Optimizer; tfjs: () => tf.Optimizer }>
> = {
  sgd: { ours: () => sgd({ lr: 0.01, momentum: 0.9 }), tfjs: () => tf.train.momentum(0.01, 0.9) },
  adam: { ours: () => adam({ lr: 0.001 }), tfjs: () => tf.train.adam(0.001) },
};
