import * as tf from '@tensorflow/tfjs';
import { check } from '@tfloop/core';
import { checkSizes } from './check-sizes.ts';
import { heNormal, leCunNormal } from './initializers.ts';

/** Options of {@link mlp}. */
export interface MlpOptions {
  /** Shape of one example, of any rank from 1; it is flattened. */
  readonly inputShape: readonly number[];
  /** Outputs of each hidden layer; an empty list makes a linear classifier. @default [128] */
  readonly hidden?: readonly number[];
  readonly classes: number;
  /** Equal seeds give equal weights. @default 0 */
  readonly seed?: number;
  /** Name of the model, and prefix of its layers' names. @default 'mlp' */
  readonly name?: string;
}

/**
 * A multilayer perceptron: `[n, ...inputShape]` → dense layers with ReLU → logits `[n, classes]`, no softmax.
 *
 * Layers are `mlp/hidden1` … and `mlp/logits`. Throws a RangeError for a size that is no integer >= 1.
 */
export function mlp(given: MlpOptions): tf.LayersModel {
  const options = check.options('mlp', given);
  const { inputShape, hidden = [128], classes, seed = 0, name = 'mlp' } = options;
  check.known('mlp', options, ['inputShape', 'hidden', 'classes', 'seed', 'name']);
  checkSizes('mlp', 'inputShape', inputShape);
  check.integer('mlp', 'inputShape.length', inputShape.length, { min: 1 });
  checkSizes('mlp', 'hidden', hidden);
  check.integer('mlp', 'classes', classes, { min: 1 });
  check.integer('mlp', 'seed', seed);
  return tf.sequential({
    name,
    layers: [
      tf.layers.inputLayer({ inputShape: [...inputShape], name: `${name}/input` }),
      ...(inputShape.length > 1 ? [tf.layers.flatten({ name: `${name}/flatten` })] : []),
      ...hidden.map((units, i) => {
        const layer = `hidden${i + 1}`;
        return tf.layers.dense({
          name: `${name}/${layer}`,
          units,
          activation: 'relu',
          kernelInitializer: heNormal(seed, layer),
        });
      }),
      tf.layers.dense({
        name: `${name}/logits`,
        units: classes,
        kernelInitializer: leCunNormal(seed, 'logits'),
      }),
    ],
  });
}
