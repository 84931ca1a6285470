import type { Callback } from '@tfloop/core';
import { describeCallback } from '@tfloop/core/testing';
import * as tf from '@tensorflow/tfjs';

function good(): Callback {
  let kept: tf.Tensor | undefined;
  return {
    name: 'good',
    beforeFit(loop) {
      kept = tf.keep(tf.scalar(loop.rng('good').uniform()));
    },
    beforeBatch(loop) {
      if (loop.phase === 'train') loop.x = tf.mul(loop.x as tf.Tensor, kept as tf.Tensor);
    },
    cleanupFit() {
      kept?.dispose();
    },
  };
}

describeCallback({
  name: 'good',
  create: good,
  others: { async: () => ({ name: 'b', afterStep: async () => {} }) },
});
