import * as tf from '@tensorflow/tfjs';
import { mlp, resnet18, resnet9 } from '@tfloop/models';
import type { WorkloadName } from './workloads.ts';

/** The network of each workload; those in peers/ are the same, to the number of their parameters. */
export const networks: Readonly<Record<WorkloadName, () => tf.LayersModel>> = {
  // So small that a loop's own work shows.
  mlp: () => mlp({ inputShape: [784], hidden: [128], classes: 10 }),
  norm,
  cnn,
  resnet9,
  resnet18,
  embedding,
};

/**
 * Five 3×3 convolutions (16, 32 stride 2, 32, 64 stride 2, 64) on 32×32×3, each with batch norm and ReLU,
 * global average pooling and a dense layer.
 */
function cnn(): tf.LayersModel {
  const convolution = (filters: number, strides: number) => [
    tf.layers.conv2d({ filters, kernelSize: 3, strides, padding: 'same', useBias: false }),
    tf.layers.batchNormalization(),
    tf.layers.reLU(),
  ];
  return tf.sequential({
    layers: [
      tf.layers.inputLayer({ inputShape: [32, 32, 3] }),
      ...convolution(16, 1),
      ...convolution(32, 2),
      ...convolution(32, 1),
      ...convolution(64, 2),
      ...convolution(64, 1),
      tf.layers.globalAveragePooling2d({}),
      tf.layers.dense({ units: 10 }),
    ],
  });
}

/** Three dense layers of 256 with batch norm and ReLU: what stock WASM can train, with more kernels than an MLP's. */
function norm(): tf.LayersModel {
  const hidden = () => [
    tf.layers.dense({ units: 256, useBias: false }),
    tf.layers.batchNormalization(),
    tf.layers.reLU(),
  ];
  return tf.sequential({
    layers: [
      tf.layers.inputLayer({ inputShape: [784] }),
      ...hidden(),
      ...hidden(),
      ...hidden(),
      tf.layers.dense({ units: 10 }),
    ],
  });
}

/** 10,000 words as 32 numbers each, the mean of 32 words, and two dense layers. */
function embedding(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.inputLayer({ inputShape: [32], dtype: 'int32' }),
      tf.layers.embedding({ inputDim: 10_000, outputDim: 32 }),
      tf.layers.globalAveragePooling1d({}),
      tf.layers.dense({ units: 64, activation: 'relu' }),
      tf.layers.dense({ units: 10 }),
    ],
  });
}
