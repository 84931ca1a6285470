import * as tf from '@tensorflow/tfjs';
import { isPromise } from './drive.ts';
import { explained } from './explained.ts';
import type { LoopState } from './loop-state.ts';
import type { ModelInput } from './model.ts';
import { drawingFrom } from './random-source.ts';
import {
  holdsTensors,
  showKind,
  showShape,
  showTensors,
  tensorsOf,
  type Tensors,
} from './tensors.ts';
import { where } from './where.ts';

/** The model's answer to the loop's batch. Throws where the batch does not fit it, and where the answer is none. */
export function askModel(loop: LoopState, training: boolean): Tensors {
  const { model, x } = loop;
  if (model.inputs) checkInputs(loop, model.inputs);
  let answer: unknown;
  try {
    const work = () => model.forward(x, { training });
    answer = training ? drawingFrom(loop.rng('model'), work) : work();
  } catch (error) {
    throw explained(loop, 'the model', error, showTensors('x', x));
  }
  if (isPromise(answer)) {
    // Nobody waits for it, so its own error must not end the process as one that nobody caught.
    void answer.then(undefined, () => undefined);
    throw new TypeError(
      'Learner: the model must answer at once, inside the gradient tape, got a promise',
    );
  }
  if (!holdsTensors(answer))
    throw new TypeError(
      `Learner: the model must return a tensor, a list or a record of tensors, got ${Array.isArray(answer) ? 'a list of something else' : String(answer)} in ${where(loop)}`,
    );
  if (model.inputs) checkExamples(loop, answer);
  return answer;
}

/** Looks at what callbacks have made of the batch, in every batch: no more than a few numbers are compared. */
function checkInputs(loop: LoopState, inputs: readonly ModelInput[]): void {
  const { x } = loop;
  const byName = !(x instanceof tf.Tensor || Array.isArray(x));
  const given = byName ? inputs.map(({ name }) => x[name]) : tensorsOf(x);
  if (given.length !== inputs.length)
    throw new RangeError(
      `Learner: x of ${where(loop)} must have the model's inputs (${inputs.map(({ name }) => name).join(', ')}), got ${showTensors('x', x)}`,
    );
  inputs.forEach((input, i) => {
    const tensor = given[i];
    // A missing one is named where the model looks for it.
    if (!tensor || fits(tensor, input, loop.size)) return;
    const [, ...inner] = input.shape;
    throw new RangeError(
      `Learner: x of ${where(loop)} must fit the model's input "${input.name}", ${showShape([loop.size, ...inner])} ${input.dtype}, got ${showKind(tensor)}`,
    );
  });
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

function checkExamples(loop: LoopState, answer: Tensors): void {
  if (tensorsOf(answer).some(({ shape }) => shape[0] !== loop.size))
    throw new RangeError(
      `Learner: the model must answer each of the ${loop.size} examples of ${where(loop)}, got ${showTensors('', answer)}`,
    );
}
