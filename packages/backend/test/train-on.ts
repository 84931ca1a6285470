// Trains a small network on any back end. It runs in a browser's page and in a bare Node, so no test framework is in it.
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';
import type { BackendDescription, BackendName } from '@tfloop/backend';
import { batches, crossEntropy, Learner, rng } from '@tfloop/core';
import type { Callback, Optimizer } from '@tfloop/core';
import { lookahead } from '@tfloop/lookahead';
import { convNet } from '@tfloop/models';
import { adamw, sgd } from '@tfloop/optimizers';

/** What training came to, as plain numbers. */
export interface Trained {
  readonly description: BackendDescription;
  /** Of the first step, with sgd. */
  readonly loss: number;
  /** Of that step, by parameter. */
  readonly gradients: Readonly<Record<string, readonly number[]>>;
  /** Mean training losses of each epoch, by optimizer, with Lookahead. */
  readonly losses: Readonly<Record<'sgd' | 'adamw', readonly number[]>>;
  /** Tensors that are left of it. */
  readonly leaked: number;
}

const [classes, examples, batchSize, epochs] = [3, 32, 16, 2];
const inputShape = [8, 8, 2] as const;

/** Trains a network with batch normalisation and max pooling, with Lookahead and each of the optimizers. */
export async function trainOn(backend: BackendName): Promise<Trained> {
  const description = await useBackend({ backend });
  const before = tf.memory().numTensors;
  const { loss, gradients, losses } = await train(sgd({ lr: 0.2, momentum: 0.9 }));
  const adaptive = await train(adamw({ lr: 0.03 }));
  const leaked = tf.memory().numTensors - before;
  return { description, loss, gradients, losses: { sgd: losses, adamw: adaptive.losses }, leaked };
}

async function train(optimizer: Optimizer) {
  const model = convNet({
    inputShape: [...inputShape],
    classes,
    channels: [4, 6],
    batchNorm: true,
  });
  const data = { train: batches(images(), { batchSize }) };
  const learner = new Learner({ model, data, loss: crossEntropy(), optimizer });
  const kept: { loss?: tf.Scalar; gradients: Map<string, tf.Tensor> } = { gradients: new Map() };
  const keepFirst: Callback = {
    name: 'keepFirst',
    afterBackward({ loss, grads }) {
      if (kept.loss) return;
      kept.loss = loss.clone();
      for (const [name, gradient] of grads) kept.gradients.set(name, gradient.clone());
    },
  };
  const history = await learner.fit(epochs, [keepFirst, lookahead({ k: 2 })]);
  const gradients: Record<string, number[]> = {};
  for (const [name, gradient] of kept.gradients)
    gradients[name] = Array.from(await gradient.data());
  const [loss = NaN] = (await kept.loss?.data()) ?? [];
  tf.dispose([kept.loss!, [...kept.gradients.values()]]);
  optimizer.dispose();
  model.dispose();
  return { loss, gradients, losses: history.rows.map(({ trainLoss }) => trainLoss) };
}

/** Noise with a bright quadrant, which says the class. */
function images() {
  const stream = rng(1, 'images');
  const [height, width, channels] = inputShape;
  const y = Int32Array.from({ length: examples }, (_, i) => i % classes);
  const values = Float32Array.from({ length: examples * height * width * channels }, () =>
    stream.normal(),
  );
  for (const [example, label] of y.entries())
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++) {
        const quadrant = 2 * Math.floor((2 * row) / height) + Math.floor((2 * column) / width);
        if (quadrant === label)
          for (let channel = 0; channel < channels; channel++)
            values[((example * height + row) * width + column) * channels + channel]! += 1;
      }
  return { x: { values, shape: [examples, ...inputShape] }, y };
}
