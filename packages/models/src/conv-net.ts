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
  /** Filters of each convolution; each halves height and width, rounding up. @default [8, 16, 32] */
  readonly channels?: readonly number[];
  /** Normalizes each convolution's output over the batch, before the ReLU. @default false */
  readonly batchNorm?: boolean;
  /** Equal seeds give equal weights. @default 0 */
  readonly seed?: number;
  /** Name of the model, and prefix of its layers' names. @default 'convNet' */
  readonly name?: string;
}

/**
 * A small convolutional network: `[n, height, width, channels]` → 3 × 3 convolutions of stride 2 with ReLU →
 * one dense layer → logits `[n, classes]`, no softmax.
 *
 * Layers are `convNet/conv1`, with batch normalization also `convNet/norm1` and `convNet/relu1`, …, and
 * `convNet/logits`. Batch normalization keeps running statistics with momentum 0.9. Throws a RangeError for a
 * size that is no integer >= 1.
 */
export function convNet(options: ConvNetOptions = {}): tf.LayersModel {
  const { inputShape = [28, 28, 1], classes = 10, channels = [8, 16, 32] } = options;
  const { batchNorm = false, seed = 0, name = 'convNet' } = options;
  check.known('convNet', options, [
    'inputShape',
    'classes',
    'channels',
    'batchNorm',
    'seed',
    'name',
  ]);
  check.oneOf('convNet', 'inputShape.length', inputShape.length, [3]);
  checkSizes('convNet', 'inputShape', inputShape);
  check.integer('convNet', 'classes', classes, { min: 1 });
  check.integer('convNet', 'channels.length', channels.length, { min: 1 });
  checkSizes('convNet', 'channels', channels);
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

/** Strides shrink the image at no cost; max pooling would, and its gradient on WASM is wrong upstream. */
function block(
  index: number,
  filters: number,
  { batchNorm, seed, name }: Required<Pick<ConvNetOptions, 'batchNorm' | 'seed' | 'name'>>,
): tf.layers.Layer[] {
  const conv = tf.layers.conv2d({
    name: `${name}/conv${index}`,
    filters,
    kernelSize: 3,
    strides: 2,
    padding: 'same',
    kernelInitializer: heNormal(seed, `conv${index}`),
    // Batch normalization has a bias of its own.
    useBias: !batchNorm,
    ...(!batchNorm && { activation: 'relu' as const }),
  });
  if (!batchNorm) return [conv];
  return [
    conv,
    // Keras's momentum of 0.99 would still remember the start after a short epoch.
    tf.layers.batchNormalization({ name: `${name}/norm${index}`, momentum: 0.9, epsilon: 1e-5 }),
    tf.layers.reLU({ name: `${name}/relu${index}` }),
  ];
}
