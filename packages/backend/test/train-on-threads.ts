// Trains a network on WASM's threads. It runs in a browser's page, so no test framework is in it.
import * as tf from '@tensorflow/tfjs';
import { useBackend, type BackendDescription } from '@tfloop/backend';
import { batches, crossEntropy, Learner, rng } from '@tfloop/core';
import { adam } from '@tfloop/optimizers';
import { activeBackend } from '../src/wasm/active-backend.ts';
import { sidePool } from '../src/wasm/side/side-module.ts';

/** What training came to, as plain numbers. */
export interface TrainedOnThreads {
  readonly description: BackendDescription;
  /** Threads of the side module; XNNPACK's are in the description. */
  readonly sideThreads: number;
  /** Bits of all weights. */
  readonly bits: readonly number[];
  /** Mean training losses of each epoch. */
  readonly losses: readonly number[];
}

const { layers } = tf;
const kernelInitializer = tf.initializers.glorotNormal({ seed: 1 });
const [examples, batchSize, classes] = [16, 8, 4];

/** Trains for two epochs, with convolutions that are work enough to be shared out: 9.4 million multiplications. */
export async function trainOnThreads(threads: number): Promise<TrainedOnThreads> {
  const description = await useBackend({ backend: 'wasm', threads, wasmPaths: '/' });
  const model = tf.sequential({
    layers: [
      layers.conv2d({
        inputShape: [16, 16, 16],
        filters: 32,
        kernelSize: 3,
        padding: 'same',
        kernelInitializer,
      }),
      layers.batchNormalization(),
      layers.reLU(),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.conv2d({ filters: 32, kernelSize: 3, padding: 'same', kernelInitializer }),
      layers.flatten(),
      layers.dense({ units: classes, kernelInitializer }),
    ],
  });
  const stream = rng(1, 'images');
  const x = {
    values: Float32Array.from({ length: examples * 16 ** 3 }, () => stream.normal()),
    shape: [examples, 16, 16, 16],
  };
  const y = Int32Array.from({ length: examples }, (_, i) => i % classes);
  const data = { train: batches({ x, y }, { batchSize }) };
  const optimizer = adam({ lr: 0.001 });
  const { rows } = await new Learner({ model, data, loss: crossEntropy(), optimizer }).fit(2);
  const bits = model
    .getWeights()
    .flatMap((weight) => [...new Int32Array(Float32Array.from(weight.dataSync()).buffer)]);
  optimizer.dispose();
  model.dispose();
  return {
    description,
    sideThreads: sidePool(activeBackend())?.threads ?? 1,
    bits,
    losses: rows.map(({ trainLoss }) => trainLoss),
  };
}
