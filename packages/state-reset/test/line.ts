import * as tf from '@tensorflow/tfjs';
import { Learner, type Callback, type Optimizer } from '@tfloop/core';

/** A problem with one weight, which begins at 0, and one that the loss does not touch; every gradient is 1. */
export function line(optimizer: Optimizer, stepsPerEpoch: number) {
  const variables = {
    weight: tf.tidy(() => tf.variable(tf.zeros([1]))),
    idle: tf.tidy(() => tf.variable(tf.zeros([2]))),
  };
  const batch = { x: tf.tensor1d([1]), y: tf.tensor1d([0]) };
  const learner = new Learner({
    model: { variables, forward: (x) => tf.mul(x as tf.Tensor, variables.weight) },
    loss: (pred) => pred as tf.Tensor,
    optimizer,
    data: { train: Array.from({ length: stepsPerEpoch }, () => batch) },
  });
  return {
    learner,
    dispose: () => {
      optimizer.dispose();
      tf.dispose([variables, batch]);
    },
  };
}

/** How far each optimizer step moved the weight, and the first moment when all callbacks are through. */
export function steps(): Callback & { readonly moves: number[]; readonly moments: number[] } {
  const moves: number[] = [];
  const moments: number[] = [];
  let before = NaN;
  const weight = (tensors: ReadonlyMap<string, tf.Tensor>) =>
    tensors.get('weight')?.dataSync()[0] ?? NaN;
  return {
    name: 'steps',
    // Before Lookahead, which moves the weight too.
    order: -1e6,
    moves,
    moments,
    beforeStep({ parameters }) {
      before = weight(parameters);
    },
    afterStep({ parameters }) {
      moves.push(before - weight(parameters));
    },
    beforeBatch({ optimizer, batch }) {
      if (batch > 0) moments.push(weight(optimizer.slots('first-moment')));
    },
    afterFit({ optimizer }) {
      moments.push(weight(optimizer.slots('first-moment')));
    },
  };
}
