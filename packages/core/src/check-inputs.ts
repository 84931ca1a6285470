import * as tf from '@tensorflow/tfjs';
import type { ModelInput } from './model.ts';
import {
  exampleCount,
  showKind,
  showShape,
  showTensors,
  tensorsOf,
  type Tensors,
} from './tensors.ts';

/** Throws a RangeError where `x` is not what a model takes, with its `title`, such as `Learner.predict: x`. */
export function checkInputs(title: () => string, x: Tensors, inputs: readonly ModelInput[]): void {
  const byName = !(x instanceof tf.Tensor || Array.isArray(x));
  const given = byName ? inputs.map(({ name }) => x[name]) : tensorsOf(x);
  if (given.length !== inputs.length)
    throw new RangeError(
      `${title()} must have the model's inputs (${inputs.map(({ name }) => name).join(', ')}), got ${showTensors('x', x)}`,
    );
  const examples = exampleCount(x);
  for (const [i, input] of inputs.entries()) {
    const tensor = given[i];
    // A missing one is named where the model looks for it.
    if (!tensor || fits(tensor, input, examples)) continue;
    const [, ...inner] = input.shape;
    throw new RangeError(
      `${title()} must fit the model's input "${input.name}", ${showShape([examples, ...inner])} ${input.dtype}, got ${showKind(tensor)}`,
    );
  }
}

function fits(tensor: tf.Tensor, { shape, dtype }: ModelInput, examples: number): boolean {
  return (
    tensor.rank === shape.length &&
    tensor.shape.every((size, axis) => size === (axis === 0 ? examples : (shape[axis] ?? size))) &&
    // Layers cast numbers where they need others.
    isReal(tensor.dtype) === isReal(dtype)
  );
}

function isReal(dtype: tf.DataType): boolean {
  return dtype !== 'string' && dtype !== 'complex64';
}
