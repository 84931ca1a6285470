import * as tf from '@tensorflow/tfjs';

/** A model and data to train it on; the numbers are random, only the shapes matter for the time. */
export interface Workload {
  readonly name: string;
  readonly batchSize: number;
  readonly examples: number;
  readonly inputShape: readonly number[];
  readonly classes: number;
  model(): tf.LayersModel;
}

/** 784-128-10, batch 64: so small that a loop's own work shows. */
function mlp(batches: number): Workload {
  return {
    name: 'mlp',
    batchSize: 64,
    examples: 64 * batches,
    inputShape: [784],
    classes: 10,
    model: () =>
      tf.sequential({
        layers: [
          tf.layers.dense({ units: 128, activation: 'relu', inputShape: [784] }),
          tf.layers.dense({ units: 10 }),
        ],
      }),
  };
}

/**
 * Five 3×3 convolutions (16, 32 stride 2, 32, 64 stride 2, 64) on 32×32×3, each with batch norm and ReLU,
 * global average pooling and a dense layer; batch 64.
 */
function cnn(batches: number): Workload {
  const convolution = (filters: number, strides: number, first = false) => [
    tf.layers.conv2d({
      filters,
      kernelSize: 3,
      strides,
      padding: 'same',
      useBias: false,
      ...(first && { inputShape: [32, 32, 3] }),
    }),
    tf.layers.batchNormalization(),
    tf.layers.reLU(),
  ];
  return {
    name: 'cnn',
    batchSize: 64,
    examples: 64 * batches,
    inputShape: [32, 32, 3],
    classes: 10,
    model: () =>
      tf.sequential({
        layers: [
          ...convolution(16, 1, true),
          ...convolution(32, 2),
          ...convolution(32, 1),
          ...convolution(64, 2),
          ...convolution(64, 1),
          tf.layers.globalAveragePooling2d({}),
          tf.layers.dense({ units: 10 }),
        ],
      }),
  };
}

/** The workloads by name, made with so many batches of data. */
export const workloads: Readonly<Record<string, (batches: number) => Workload>> = { mlp, cnn };
