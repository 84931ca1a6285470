import * as tf from '@tensorflow/tfjs';
import { accuracy } from '../accuracy.ts';
import { batches } from '../batches.ts';
import type { Callback } from '../callback.ts';
import { crossEntropy } from '../cross-entropy.ts';
import { Learner } from '../learner.ts';
import type { Optimizer } from '../optimizer.ts';
import { rng } from '../rng.ts';
import { testOptimizer } from './test-optimizer.ts';

/** Options of {@link toyProblem}. */
export interface ToyProblemOptions {
  /** @default 1 */
  readonly seed?: number;
  /** @default testOptimizer() */
  readonly optimizer?: Optimizer;
  /** The learner's own callbacks. @default [] */
  readonly callbacks?: readonly Callback[];
}

/** A learner on a small problem, its weights to compare, and a way to free it all. */
export interface ToyProblem {
  readonly learner: Learner;
  /** All weights, then the optimizer's slots by role and name, as numbers. */
  readonly numbers: () => number[];
  readonly dispose: () => void;
}

/**
 * Three classes of 4 × 4 images, 22 for training in batches of 8 (so the last has 6) and 9 for validation; a
 * network with one hidden layer of 5 and a frozen input scale.
 */
export function toyProblem(options: ToyProblemOptions = {}): ToyProblem {
  const { seed = 1, optimizer = testOptimizer(), callbacks = [] } = options;
  const draw = rng(7, 'toy problem');
  const normal = (shape: number[], scale: number) =>
    tf.tidy(() => {
      const size = shape.reduce((product, n) => product * n, 1);
      return tf.tensor(
        Float32Array.from({ length: size }, () => scale * draw.normal()),
        shape,
      );
    });
  const variables = {
    scale: variable(tf.scalar(1), false),
    hidden: variable(normal([16, 5], 0.3)),
    bias: variable(tf.zeros([5])),
    output: variable(normal([5, 3], 0.5)),
  };
  const images = (n: number) => ({
    values: Float32Array.from(
      { length: n * 16 },
      (_, i) => draw.normal() + (i % 3 === (i >> 4) % 3 ? 1 : 0),
    ),
    shape: [n, 4, 4, 1],
  });
  const labels = (n: number) => Int32Array.from({ length: n }, (_, i) => i % 3);
  const learner = new Learner({
    model: {
      variables,
      forward: (x) => {
        const { scale, hidden, bias, output } = variables;
        const flat = tf.mul<tf.Tensor2D>(tf.reshape(x as tf.Tensor, [-1, 16]), scale);
        return tf.matMul(tf.relu(tf.add(tf.matMul(flat, hidden as tf.Tensor2D), bias)), output);
      },
    },
    loss: crossEntropy(),
    optimizer,
    metrics: [accuracy()],
    trainMetrics: true,
    callbacks,
    seed,
    data: {
      train: batches({ x: images(22), y: labels(22) }, { batchSize: 8, shuffle: true }),
      valid: batches({ x: images(9), y: labels(9) }, { batchSize: 8 }),
    },
  });
  return {
    learner,
    numbers() {
      const slots = (['first-moment', 'second-moment', 'other'] as const).flatMap((role) => [
        ...[...optimizer.slots(role)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, slot]) => slot),
      ]);
      return [...Object.values(variables), ...slots].flatMap((tensor) => [...tensor.dataSync()]);
    },
    dispose() {
      optimizer.dispose();
      tf.dispose(Object.values(variables));
    },
  };
}

function variable(initial: tf.Tensor, trainable = true): tf.Variable {
  const made = tf.variable(initial, trainable);
  initial.dispose();
  return made;
}
