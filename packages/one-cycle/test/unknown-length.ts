import * as tf from '@tensorflow/tfjs';
import { Learner, meanSquaredError } from '@tfloop/core';
import { testOptimizer } from '@tfloop/core/testing';

/** A learner whose epochs have so many steps, which it can't know before; `dispose` frees what it was made of. */
export function unknownLength(steps: number): {
  readonly learner: Learner;
  readonly dispose: () => void;
} {
  const weight = tf.variable(tf.tensor([[1]]));
  const optimizer = testOptimizer({ lr: 0.1 });
  const learner = new Learner({
    model: { variables: { weight }, forward: (x) => tf.matMul(x as tf.Tensor2D, weight) },
    loss: meanSquaredError(),
    optimizer,
    data: {
      train: function* () {
        for (let i = 0; i < steps; i++) yield { x: tf.ones([1, 1]), y: tf.ones([1, 1]) };
      },
    },
  });
  return {
    learner,
    dispose: () => {
      optimizer.dispose();
      weight.dispose();
    },
  };
}
