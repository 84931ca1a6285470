import * as tf from '@tensorflow/tfjs';
import { Learner, type Callback, type Optimizer } from '@tfloop/core';
import { sgd } from '@tfloop/optimizers';

/** A problem with one weight, which begins at 0, where the gradient of each step is given. */
export interface Line {
  readonly learner: Learner;
  readonly weight: tf.Variable;
  /** The weight. */
  readonly value: () => number;
  readonly dispose: () => void;
}

/** The loss is `x · w`: the gradient is `x`, and validation at x = 1 measures the weight that it sees. */
export function line({
  gradients,
  optimizer = sgd({ lr: 1 }),
}: {
  readonly gradients: readonly number[];
  readonly optimizer?: Optimizer;
}): Line {
  const weight = tf.tidy(() => tf.variable(tf.zeros([1]), true));
  const batch = (x: number) => ({ x: tf.tensor1d([x]), y: tf.tensor1d([0]) });
  const [train, valid] = [gradients.map(batch), [batch(1)]];
  const learner = new Learner({
    model: { variables: { weight }, forward: (x) => tf.mul(x as tf.Tensor, weight) },
    loss: (pred) => pred as tf.Tensor,
    optimizer,
    data: { train, valid },
  });
  return {
    learner,
    weight,
    value: () => weight.dataSync()[0]!,
    dispose() {
      optimizer.dispose();
      tf.dispose([weight, train, valid]);
    },
  };
}

/** Fast and slow weights after every step, all parameters one after the other. */
export interface Recording extends Callback {
  readonly fast: number[][];
  readonly slow: number[][];
}

/** Records the weights when everyone else has seen a step. */
export function recording(): Recording {
  const fast: number[][] = [];
  const slow: number[][] = [];
  return {
    name: 'recording',
    order: 1e6,
    fast,
    slow,
    afterStep({ parameters, views }) {
      const numbers = () =>
        [...parameters.values()].flatMap((variable) => [...variable.dataSync()]);
      fast.push(numbers());
      const restore = views.show('slow');
      slow.push(numbers());
      restore();
    },
  };
}

/** A callback that does something after its n-th step (from 1). */
export function atStep(n: number, act: NonNullable<Callback['afterStep']>): Callback {
  return {
    name: 'atStep',
    order: 1e6,
    afterStep: (loop) => (loop.step === n ? act(loop) : undefined),
  };
}
