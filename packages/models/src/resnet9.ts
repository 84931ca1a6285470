import * as tf from '@tensorflow/tfjs';
import { leCunNormal } from './initializers.ts';
import { parts } from './residual.ts';
import { residualOptions, type ResnetOptions } from './residual-options.ts';

/**
 * ResNet-9, small and quick to train on 32 × 32 images: `[n, height, width, channels]` → logits `[n, classes]`,
 * no softmax. 6,573,130 trainable parameters with the defaults.
 *
 * 3 × 3 convolutions without bias, each with batch normalization and ReLU, of 1, 2, 4 and 8 times `width`
 * filters; 2 × 2 max pooling after all but the first; after the second and the last pooling a pair of convolutions
 * that adds to its own input; then each channel's maximum, and one dense layer. Layers are `resnet9/conv1/conv`,
 * `…/norm`, `…/relu`, `resnet9/pool2`, `resnet9/residual2a/conv` … and `resnet9/logits`. Throws a RangeError for
 * an option that breaks its rule.
 *
 * Page: How to train your ResNet (2018); without its factor of 1/8 on the logits, which belongs to its loss.
 */
export function resnet9(options: ResnetOptions = {}): tf.LayersModel {
  const { inputShape, classes, width, seed, name } = residualOptions('resnet9', options);
  const { convolution, sum } = parts(name, seed);
  const inputs = tf.input({ shape: [...inputShape], name: `${name}/input` });
  let x = convolution(inputs, { layer: 'conv1', filters: width });
  for (const [stage, multiple] of [
    [2, 2],
    [3, 4],
    [4, 8],
  ] as const) {
    const filters = multiple * width;
    x = convolution(x, { layer: `conv${stage}`, filters });
    const pool = { poolSize: 2, padding: 'same', name: `${name}/pool${stage}` } as const;
    x = tf.layers.maxPooling2d(pool).apply(x) as tf.SymbolicTensor;
    if (stage === 3) continue;
    const first = convolution(x, { layer: `residual${stage}a`, filters });
    const second = convolution(first, { layer: `residual${stage}b`, filters });
    x = sum([x, second], `residual${stage}/sum`);
  }
  const maximum = tf.layers.globalMaxPooling2d({ name: `${name}/maximum` }).apply(x);
  const logits = tf.layers.dense({
    name: `${name}/logits`,
    units: classes,
    kernelInitializer: leCunNormal(seed, 'logits'),
  });
  return tf.model({ inputs, outputs: logits.apply(maximum) as tf.SymbolicTensor, name });
}
