import * as tf from '@tensorflow/tfjs';
import type { Gradients, Optimizer, Parameters } from '@tfloop/core';

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
