import * as tf from '@tensorflow/tfjs';
import { heNormal } from './initializers.ts';

/** The parts that residual networks are made of, for one network: they share its name and its seed. */
export interface Parts {
  /** A convolution without bias, batch normalization, and ReLU unless `relu` is false. */
  readonly convolution: (input: tf.SymbolicTensor, part: Convolution) => tf.SymbolicTensor;
  /** The sum of two inputs of one shape. */
  readonly sum: (
    inputs: [tf.SymbolicTensor, tf.SymbolicTensor],
    layer: string,
  ) => tf.SymbolicTensor;
  readonly relu: (input: tf.SymbolicTensor, layer: string) => tf.SymbolicTensor;
}

interface Convolution {
  /** What its layers are named with. */
  readonly layer: string;
  readonly filters: number;
  /** @default 3 */
  readonly kernelSize?: number;
  /** @default 1 */
  readonly strides?: number;
  /** @default true */
  readonly relu?: boolean;
}

/** Parts whose layers are named `name/layer/conv`, `…/norm` and `…/relu`. */
export function parts(name: string, seed: number): Parts {
  const relu = (input: tf.SymbolicTensor, layer: string) =>
    tf.layers.reLU({ name: `${name}/${layer}` }).apply(input) as tf.SymbolicTensor;
  return {
    relu,
    convolution(input, { layer, filters, kernelSize = 3, strides = 1, relu: hasRelu = true }) {
      const conv = tf.layers.conv2d({
        name: `${name}/${layer}/conv`,
        filters,
        kernelSize,
        strides,
        padding: 'same',
        useBias: false,
        kernelInitializer: heNormal(seed, layer),
      });
      // As in PyTorch; Keras's momentum of 0.99 would still remember the start after a short epoch.
      const norm = tf.layers.batchNormalization({
        name: `${name}/${layer}/norm`,
        momentum: 0.9,
        epsilon: 1e-5,
      });
      const normalized = norm.apply(conv.apply(input)) as tf.SymbolicTensor;
      return hasRelu ? relu(normalized, `${layer}/relu`) : normalized;
    },
    sum: (inputs, layer) =>
      tf.layers.add({ name: `${name}/${layer}` }).apply(inputs) as tf.SymbolicTensor,
  };
}
