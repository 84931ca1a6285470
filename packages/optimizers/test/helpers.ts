import * as tf from '@tensorflow/tfjs';
import type { Gradients, Optimizer, OptimizerState, Parameters } from '@tfloop/core';

/** Variables of one dimension by name. */
export function variables(values: Readonly<Record<string, readonly number[]>>): Parameters {
  return new Map(
    Object.entries(values).map(([name, value]) => [
      name,
      tf.tidy(() => tf.variable(tf.tensor1d([...value]))),
    ]),
  );
}

/** One step with gradients given as numbers; leaves no tensor behind but the optimizer's own. */
export function step(
  optimizer: Optimizer,
  parameters: Parameters,
  gradients: Readonly<Record<string, readonly number[]>>,
): void {
  const tensors: Gradients = new Map(
    Object.entries(gradients).map(([name, value]) => [name, tf.tensor1d([...value])]),
  );
  optimizer.step(parameters, tensors);
  tf.dispose([...tensors.values()]);
}

/** The values of all parameters, in order. */
export function read(parameters: ReadonlyMap<string, tf.Tensor>): number[] {
  return [...parameters.values()].flatMap((tensor) => [...tensor.dataSync()]);
}

/** Expects float32 values to be as computed by hand. */
export function close(actual: readonly number[], expected: readonly number[], within = 1e-6): void {
  if (actual.length !== expected.length)
    throw new Error(`${actual.length} values instead of ${expected.length}`);
  for (const [index, value] of expected.entries())
    if (!(Math.abs((actual[index] ?? NaN) - value) <= within * Math.max(1, Math.abs(value))))
      throw new Error(`got [${actual.join(', ')}], expected [${expected.join(', ')}]`);
}

/** A gradient that depends on the parameters and the step, the same every time. */
export function wave(parameters: Parameters, index: number): Record<string, number[]> {
  return Object.fromEntries(
    [...parameters].map(([name, variable]) => [
      name,
      [...variable.dataSync()].map((value, place) => value + Math.sin(index * 0.7 + place)),
    ]),
  );
}

/** Frees variables. */
export function free(parameters: Parameters): void {
  tf.dispose([...parameters.values()]);
}

/** Steps by the waves of these indices. */
export function train(
  optimizer: Optimizer,
  parameters: Parameters,
  from: number,
  to: number,
): void {
  for (let index = from; index < to; index++) step(optimizer, parameters, wave(parameters, index));
}

/** The same with rate and momentum changing at every step. */
export function cycle(
  optimizer: Optimizer,
  parameters: Parameters,
  from: number,
  to: number,
): void {
  for (let index = from; index < to; index++) {
    optimizer.set('lr', 0.01 * (1.5 + Math.cos(index / 20)));
    if (optimizer.momentumName)
      optimizer.set(optimizer.momentumName, 0.8 - 0.1 * Math.sin(index / 30));
    train(optimizer, parameters, index, index + 1);
  }
}

/** Variables of their own with the same names and values. */
export function copy(parameters: Parameters): Parameters {
  return new Map([...parameters].map(([name, variable]) => [name, tf.variable(variable)]));
}

/** Frees the tensors of a state. */
export function freeState({ slots }: OptimizerState): void {
  for (const slot of Object.values(slots)) tf.dispose([...Object.values(slot)]);
}
