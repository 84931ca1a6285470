import * as tf from '@tensorflow/tfjs';
import { check } from '@tfloop/core';
import { checkSizes } from './check-sizes.ts';
import { heNormal, leCunNormal } from './initializers.ts';

/** Options of {@link convNet}. */
export interface ConvNetOptions {
  /** `[height, width, channels]` of one image. @default [28, 28, 1] */
  readonly inputShape?: readonly [number, number, number];
  /** @default 10 */
  readonly classes?: number;
  /** Filters of each convolution; after each, height and width are halved, rounding up. @default [8, 16] */
  readonly channels?: readonly number[];
  /** Normalizes each convolution's output over the batch, before the ReLU. @default false */
  readonly batchNorm?: boolean;
  /** Equal seeds give equal weights. @default 0 */
  readonly seed?: number;
  /** Name of the model, and prefix of its layers' names. @default 'convNet' */
  readonly name?: string;
}

/**
 * A small convolutional network: `[n, height, width, channels]` → for each of `channels` a 3 × 3 convolution,
 * ReLU and 2 × 2 max pooling → one dense layer → logits `[n, classes]`, no softmax.
 *
 * Layers are `convNet/conv1` and `convNet/pool1` …, with batch normalization `convNet/norm1` and
 * `convNet/relu1` between them, and `convNet/logits`. Batch normalization averages with momentum 0.9. Throws
 * a RangeError for a size that is no integer >= 1.
 */
export function convNet(options: ConvNetOptions = {}): tf.LayersModel {
  const {
    inputShape = [28, 28, 1],
    classes = 10,
    channels = [8, 16],
  } = check.options('convNet', options);
  const { batchNorm = false, seed = 0, name = 'convNet' } = options;
  check.known('convNet', options, [
    'inputShape',
    'classes',
    'channels',
    'batchNorm',
    'seed',
    'name',
  ]);
  checkSizes('convNet', 'inputShape', inputShape);
  check.oneOf('convNet', 'inputShape.length', inputShape.length, [3]);
  check.integer('convNet', 'classes', classes, { min: 1 });
  checkSizes('convNet', 'channels', channels);
  check.integer('convNet', 'channels.length', channels.length, { min: 1 });
  check.oneOf('convNet', 'batchNorm', batchNorm, [true, false]);
  check.integer('convNet', 'seed', seed);
  return tf.sequential({
    name,
    layers: [
      tf.layers.inputLayer({ inputShape: [...inputShape], name: `${name}/input` }),
      ...channels.flatMap((filters, i) => block(i + 1, filters, { batchNorm, seed, name })),
      tf.layers.flatten({ name: `${name}/flatten` }),
      tf.layers.dense({
        name: `${name}/logits`,
        units: classes,
        kernelInitializer: leCunNormal(seed, 'logits'),
      }),
    ],
  });
}

/**
 * ReLU comes before the pooling: on the WASM back end as it is published, a window without a positive number
 * loses its gradient, which is 0 anyway where it comes out of a ReLU.
 */
function block(
  index: number,
  filters: number,
  { batchNorm, seed, name }: Required<Pick<ConvNetOptions, 'batchNorm' | 'seed' | 'name'>>,
): tf.layers.Layer[] {
  const conv = { filters, kernelSize: 3, padding: 'same', name: `${name}/conv${index}` } as const;
  const kernelInitializer = heNormal(seed, `conv${index}`);
  const pool = { poolSize: 2, padding: 'same', name: `${name}/pool${index}` } as const;
  if (!batchNorm)
    return [
      tf.layers.conv2d({ ...conv, kernelInitializer, activation: 'relu' }),
      tf.layers.maxPooling2d(pool),
    ];
  return [
    // Batch normalization has a bias of its own.
    tf.layers.conv2d({ ...conv, kernelInitializer, useBias: false }),
    // Keras's momentum of 0.99 would still remember the start after a short epoch.
    tf.layers.batchNormalization({ name: `${name}/norm${index}`, momentum: 0.9, epsilon: 1e-5 }),
    tf.layers.reLU({ name: `${name}/relu${index}` }),
    tf.layers.maxPooling2d(pool),
  ];
}
