import * as tf from '@tensorflow/tfjs';
import { batches, crossEntropy, Learner, rng, type Callback } from '@tfloop/core';
import { lookahead } from '@tfloop/lookahead';
import type { Data } from './data.ts';
import type { OWN, OptimizerName } from './contenders.ts';
import { optimizers } from './optimizers.ts';

/** What a runner trains, and with what. */
export interface Training {
  readonly model: tf.LayersModel;
  readonly data: Data;
  readonly optimizer: OptimizerName;
}

// The native back end draws its own progress bar otherwise.
const SILENT = { verbose: 0 };

/** Trains on every batch once. */
export type Epoch = () => Promise<void>;

/** The ways to train on our back ends. */
export const runners: Readonly<Record<(typeof OWN)[number], (training: Training) => Epoch>> = {
  tfloop: (training) => withLearner(training, () => []),
  'tfloop + lookahead': (training) => withLearner(training, () => [lookahead()]),
  'by hand': byHand,
  'model.fit': modelFit,
  'stock model.fit': modelFit,
  'tfjs by hand': tfjsByHand,
  'stock tfjs by hand': tfjsByHand,
};

/** The loop that somebody would write who has our data source, loss and optimizer, but no learner. */
function byHand({ model, data, optimizer: name }: Training): Epoch {
  const optimizer = optimizers[name].ours();
  const loss = crossEntropy();
  const { batchSize } = data;
  const source = batches({ x: data.x, y: data.labels }, { batchSize, shuffle: true });
  const order = rng(0, 'data order train');
  const parameters = new Map(
    model.trainableWeights.map((weight) => {
      const value = weight.read();
      if (!(value instanceof tf.Variable)) throw new TypeError('a weight is not a variable');
      return [weight.name, value];
    }),
  );
  const variables = [...parameters.values()];
  return async () => {
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
    await readAll(losses);
  };
}

function withLearner({ model, data, optimizer }: Training, callbacks: () => Callback[]): Epoch {
  const { x, labels, batchSize } = data;
  const learner = new Learner({
    model,
    optimizer: optimizers[optimizer].ours(),
    loss: crossEntropy(),
    data: { train: batches({ x, y: labels }, { batchSize, shuffle: true }) },
  });
  return async () => {
    await learner.fit(1, callbacks());
  };
}

function modelFit({ model, data, optimizer }: Training): Epoch {
  const { x, oneHot, batchSize } = data;
  model.compile({
    optimizer: optimizers[optimizer].tfjs(),
    loss: (target, logits) => tf.losses.softmaxCrossEntropy(target, logits),
  });
  return async () => {
    // Never yielding is the fastest that it can be told to go.
    await model.fit(x, oneHot, { batchSize, ...SILENT, yieldEvery: 'never' });
  };
}

/** The usual loop with TensorFlow.js alone, its batches made out of arrays as in TensorFlow.js's own examples. */
function tfjsByHand({ model, data, optimizer: name }: Training): Epoch {
  const optimizer = optimizers[name].tfjs();
  const { batchSize, examples } = data;
  const { values, shape, dtype } = data.host;
  const size = tf.util.sizeFromShape(shape);
  const targets = data.oneHot.dataSync();
  const classes = data.oneHot.shape[1];
  return async () => {
    const losses: tf.Scalar[] = [];
    for (let start = 0; start < examples; start += batchSize) {
      const end = start + batchSize;
      const loss = tf.tidy(() => {
        const xs = tf.tensor(
          values.subarray(start * size, end * size),
          [batchSize, ...shape],
          dtype,
        );
        const ys = tf.tensor2d(targets.slice(start * classes, end * classes), [batchSize, classes]);
        const lossOf = () => {
          const logits = model.apply(xs, { training: true }) as tf.Tensor;
          return tf.losses.softmaxCrossEntropy<tf.Tensor, tf.Scalar>(ys, logits);
        };
        return optimizer.minimize(lossOf, true) as tf.Scalar;
      });
      losses.push(loss);
    }
    await readAll(losses);
  };
}

async function readAll(losses: tf.Scalar[]): Promise<void> {
  const all = tf.stack(losses);
  await all.data();
  tf.dispose([losses, all]);
}
