import * as tf from '@tensorflow/tfjs';
import type { Workload } from './workloads.ts';

/** A workload's data, on the device and in the host's memory. */
export interface Data {
  readonly examples: number;
  readonly batchSize: number;
  readonly x: tf.Tensor;
  readonly labels: tf.Tensor1D;
  readonly oneHot: tf.Tensor2D;
  readonly host: {
    readonly values: Float32Array | Int32Array;
    /** Of one example. */
    readonly shape: number[];
    readonly dtype: 'float32' | 'int32';
  };
}

/** Makes data of a workload's shapes, the same every time. */
export function makeData({ batchSize, batches, inputShape, classes, vocabulary }: Workload): Data {
  const examples = batchSize * batches;
  const shape = [...inputShape];
  const labels = tf.tensor1d(
    Int32Array.from({ length: examples }, (_, i) => (i * 7) % classes),
    'int32',
  );
  const oneHot = tf.tidy(() => tf.cast(tf.oneHot(labels, classes), 'float32')) as tf.Tensor2D;
  const common = { examples, batchSize, labels, oneHot };
  if (vocabulary === undefined) {
    const x = tf.randomNormal([examples, ...shape], 0, 1, 'float32', 1);
    return {
      ...common,
      x,
      host: { values: x.dataSync() as Float32Array, shape, dtype: 'float32' },
    };
  }
  const length = examples * tf.util.sizeFromShape(shape);
  // A prime keeps the words of an example apart.
  const values = Int32Array.from({ length }, (_, i) => (i * 7919) % vocabulary);
  const x = tf.tensor(values, [examples, ...shape], 'int32');
  return { ...common, x, host: { values, shape, dtype: 'int32' } };
}
