import * as tf from '@tensorflow/tfjs';
import { rng } from '@tfloop/core';

/** What layers take as `kernelInitializer`. */
export type KernelInitializer = ReturnType<typeof tf.initializers.heNormal>;

/**
 * He et al.'s initial weights for a layer before a ReLU: normal with variance 2 / fan-in, cut off at two
 * standard deviations (arXiv:1502.01852).
 */
export function heNormal(seed: number, layer: string): KernelInitializer {
  return tf.initializers.heNormal({ seed: seedOf(seed, layer) });
}

/** Initial weights for a layer with no ReLU after it: as {@link heNormal}, with variance 1 / fan-in. */
export function leCunNormal(seed: number, layer: string): KernelInitializer {
  return tf.initializers.leCunNormal({ seed: seedOf(seed, layer) });
}

/** One seed a layer, as equal ones would draw equal weights; never 0, which TensorFlow.js takes for none. */
function seedOf(seed: number, layer: string): number {
  return 1 + rng(seed, layer).integer(2 ** 31 - 1);
}
