import * as tf from '@tensorflow/tfjs';
import { batches, crossEntropy, Learner, rng, type Callback } from '@tfloop/core';
import { lookahead } from '@tfloop/lookahead';
import { oneCycle } from '@tfloop/one-cycle';
import { sgd } from '@tfloop/optimizers';
import type { Workload } from './workloads.ts';

/** A way to train, ready to go over its data again and again. */
export interface Runner {
  /** Trains on every batch once. */
  epoch(): Promise<void>;
  dispose(): void;
}

/** A way to train a workload. */
export type Contender = (workload: Workload) => Runner;

// The native back end draws its own progress bar otherwise.
const SILENT = { verbose: 0 };
const LR = 0.01;
const MOMENTUM = 0.9;

/** Everything that the report can compare, by name. SGD with momentum in each. */
export const contenders: Readonly<Record<string, Contender>> = {
  'by hand': byHand,
  tfloop: (workload) => withLearner(workload, () => []),
  'tfloop, lookahead + oneCycle': (workload) =>
    withLearner(workload, () => [lookahead(), oneCycle({ maxLr: LR })]),
  'model.fit': modelFit,
  'tfjs by hand': tfjsByHand,
};

/** The loop that somebody would write who has our data source, loss and optimizer, but no learner. */
function byHand(workload: Workload): Runner {
  const { model, x, labels, dispose } = parts(workload);
  const optimizer = sgd({ lr: LR, momentum: MOMENTUM });
  const loss = crossEntropy();
  const source = batches({ x, y: labels }, { batchSize: workload.batchSize, shuffle: true });
  const order = rng(0, 'data order train');
  const parameters = new Map(
    model.trainableWeights.map((weight) => {
      const value = weight.read();
      if (!(value instanceof tf.Variable)) throw new TypeError('a weight is not a variable');
      return [weight.name, value];
    }),
  );
  const variables = [...parameters.values()];
  return {
    async epoch() {
      const losses: tf.Scalar[] = [];
      const batchesOfEpoch = source.epoch({ epoch: 0, phase: 'train', rng: order });
      for (const batch of batchesOfEpoch as Iterable<{ x: tf.Tensor; y: tf.Tensor }>) {
        const { value, grads } = tf.variableGrads(
          () => tf.mean(loss(model.apply(batch.x, { training: true }) as tf.Tensor, batch.y)),
          variables,
        );
        optimizer.step(parameters, new Map(Object.entries(grads)));
        losses.push(value);
        tf.dispose([batch, grads]);
      }
      const all = tf.stack(losses);
      await all.data();
      tf.dispose([losses, all]);
    },
    dispose: () => dispose(optimizer),
  };
}

function withLearner(workload: Workload, callbacks: () => Callback[]): Runner {
  const { model, x, labels, dispose } = parts(workload);
  const optimizer = sgd({ lr: LR, momentum: MOMENTUM });
  const train = batches({ x, y: labels }, { batchSize: workload.batchSize, shuffle: true });
  const learner = new Learner({ model, optimizer, loss: crossEntropy(), data: { train } });
  return {
    async epoch() {
      await learner.fit(1, callbacks());
    },
    dispose: () => dispose(optimizer),
  };
}

function modelFit(workload: Workload): Runner {
  const { model, x, y, dispose } = parts(workload);
  const optimizer = tf.train.momentum(LR, MOMENTUM);
  model.compile({
    optimizer,
    loss: (target, logits) => tf.losses.softmaxCrossEntropy(target, logits),
  });
  return {
    async epoch() {
      // Never yielding is the fastest that it can be told to go.
      await model.fit(x, y, {
        batchSize: workload.batchSize,
        ...SILENT,
        yieldEvery: 'never',
      });
    },
    dispose: () => dispose(optimizer),
  };
}

/** The usual loop with TensorFlow.js alone, batches by `slice`. */
function tfjsByHand(workload: Workload): Runner {
  const { model, x, y, dispose } = parts(workload);
  const optimizer = tf.train.momentum(LR, MOMENTUM);
  return {
    async epoch() {
      const losses: tf.Scalar[] = [];
      for (let start = 0; start < workload.examples; start += workload.batchSize) {
        const loss = tf.tidy(() => {
          const rows = (tensor: tf.Tensor) =>
            tf.slice(
              tensor,
              [start, ...tensor.shape.slice(1).map(() => 0)],
              [workload.batchSize, ...tensor.shape.slice(1)],
            );
          const [xs, ys] = [rows(x), rows(y)];
          const lossOf = () => {
            const logits = model.apply(xs, { training: true }) as tf.Tensor;
            return tf.losses.softmaxCrossEntropy<tf.Tensor, tf.Scalar>(ys, logits);
          };
          return optimizer.minimize(lossOf, true) as tf.Scalar;
        });
        losses.push(loss);
      }
      const all = tf.stack(losses);
      await all.data();
      tf.dispose([losses, all]);
    },
    dispose: () => dispose(optimizer),
  };
}

function parts(workload: Workload) {
  const { examples, inputShape, classes } = workload;
  const model = workload.model();
  const x = tf.randomNormal([examples, ...inputShape], 0, 1, 'float32', 1);
  const labels = tf.tensor1d(
    Int32Array.from({ length: examples }, (_, i) => (i * 7) % classes),
    'int32',
  );
  const y = tf.tidy(() => tf.cast(tf.oneHot(labels, classes), 'float32'));
  const dispose = (optimizer: { dispose: () => void }): void => {
    optimizer.dispose();
    model.dispose();
    tf.dispose([x, y, labels]);
  };
  return { model, x, y, labels, dispose };
}
