import * as tf from '@tensorflow/tfjs';
import type { Model } from './model.ts';
import { showShape } from './tensors.ts';

/**
 * Gives a model weights of another place, which the caller keeps.
 *
 * They go by name where the names agree. Where they don't, as with layers that were numbered anew, they go by order if
 * every shape agrees. Throws otherwise, naming what differs, and changes nothing then.
 */
export function assignWeights(
  owner: string,
  { variables }: Model,
  weights: Readonly<Record<string, tf.Tensor>>,
): void {
  const given = Object.entries(weights);
  const named = [...variables].every(([name]) => Object.hasOwn(weights, name));
  const pairs = [...variables].map(
    ([name, variable], i) => [name, variable, named ? weights[name] : given[i]?.[1]] as const,
  );
  const wrong = pairs.filter(
    ([, variable, weight]) => !weight || !tf.util.arraysEqual(variable.shape, weight.shape),
  );
  if (wrong.length > 0 || given.length !== variables.size) {
    const lines = wrong.map(
      ([name, { shape }, weight]) =>
        `  "${name}" is ${showShape(shape)}, there: ${weight ? showShape(weight.shape) : 'none'}`,
    );
    throw new Error(
      [
        `${owner}: these weights are of another model, with ${given.length} variables where this one has ${variables.size}`,
        ...lines,
      ].join('\n'),
    );
  }
  for (const [, variable, weight] of pairs) if (weight) variable.assign(weight);
}
