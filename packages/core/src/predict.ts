import * as tf from '@tensorflow/tfjs';
import { checkInputs } from './check-inputs.ts';
import type { Model } from './model.ts';
import { exampleCount, holdsTensors, mapTensors, tensorsOf, type Tensors } from './tensors.ts';

/** The model's answers to inputs `[n, ...]`, `batchSize` examples at a time, joined again. */
export function predict(model: Model, x: Tensors, batchSize: number): Tensors {
  if (!holdsTensors(x))
    throw new TypeError('Learner.predict: x must be a tensor, a list or a record of tensors');
  if (model.inputs) checkInputs(() => 'Learner.predict: x', x, model.inputs);
  const examples = exampleCount(x);
  return tf.tidy(() => {
    const parts: Tensors[] = [];
    for (let start = 0; start < examples; start += batchSize) {
      const size = Math.min(batchSize, examples - start);
      const part = size === examples ? x : mapTensors(x, (tensor) => rows(tensor, start, size));
      parts.push(tf.tidy(() => model.forward(part, { training: false })));
    }
    const [first] = parts;
    if (!first) throw new RangeError('Learner.predict: x has no examples');
    if (parts.length === 1) return mapTensors(first, (tensor) => tf.clone(tensor));
    let output = 0;
    return mapTensors(first, () => {
      const index = output++;
      return tf.concat(parts.map((part) => tensorsOf(part)[index] as tf.Tensor));
    });
  });
}

function rows(tensor: tf.Tensor, start: number, size: number): tf.Tensor {
  return tf.slice(
    tensor,
    [start, ...Array<number>(tensor.rank - 1).fill(0)],
    [size, ...tensor.shape.slice(1)],
  );
}
