import * as tf from '@tensorflow/tfjs';
import { leCunNormal } from './initializers.ts';
import { parts, type Parts } from './residual.ts';
import { residualOptions, type ResnetOptions } from './residual-options.ts';

/**
 * ResNet-18 for small images: `[n, height, width, channels]` → logits `[n, classes]`, no softmax. 11,173,962
 * trainable parameters with the defaults.
 *
 * A 3 × 3 convolution, as 32 × 32 pixels are too few for the 7 × 7 one with stride 2 and the pooling that the
 * network has for large ones; four stages of two blocks with 1, 2, 4 and 8 times `width` filters, all but the
 * first halving height and width; each channel's mean; and one dense layer. A block is two 3 × 3 convolutions that
 * add to its input, which a 1 × 1 convolution brings to their shape where it has another. Convolutions have batch
 * normalization and no bias. Layers are `resnet18/stem/conv`, `…/norm`, `…/relu`, `resnet18/stage1/block1/a/conv`
 * … and `resnet18/logits`. Throws a RangeError for an option that breaks its rule.
 *
 * He et al.: Deep residual learning for image recognition, arXiv:1512.03385, projections as in option B.
 */
export function resnet18(options: ResnetOptions = {}): tf.LayersModel {
  const { inputShape, classes, width, seed, name } = residualOptions('resnet18', options);
  const made = parts(name, seed);
  const inputs = tf.input({ shape: [...inputShape], name: `${name}/input` });
  let x = made.convolution(inputs, { layer: 'stem', filters: width });
  for (const stage of [1, 2, 3, 4]) {
    const filters = width * 2 ** (stage - 1);
    const layer = `stage${stage}/block`;
    x = block(made, x, { layer: `${layer}1`, filters, strides: stage === 1 ? 1 : 2 });
    x = block(made, x, { layer: `${layer}2`, filters, strides: 1 });
  }
  const mean = tf.layers.globalAveragePooling2d({ name: `${name}/mean` }).apply(x);
  const logits = tf.layers.dense({
    name: `${name}/logits`,
    units: classes,
    kernelInitializer: leCunNormal(seed, 'logits'),
  });
  return tf.model({ inputs, outputs: logits.apply(mean) as tf.SymbolicTensor, name });
}

function block(
  { convolution, sum, relu }: Parts,
  input: tf.SymbolicTensor,
  { layer, filters, strides }: { layer: string; filters: number; strides: number },
): tf.SymbolicTensor {
  const first = convolution(input, { layer: `${layer}/a`, filters, strides });
  const second = convolution(first, { layer: `${layer}/b`, filters, relu: false });
  const isSame = strides === 1 && input.shape.at(-1) === filters;
  const shortcut = isSame
    ? input
    : convolution(input, {
        layer: `${layer}/shortcut`,
        filters,
        strides,
        kernelSize: 1,
        relu: false,
      });
  return relu(sum([shortcut, second], `${layer}/sum`), `${layer}/relu`);
}
