import type { Rng } from './rng.ts';

/**
 * Runs synchronous work during which all that would draw from `Math.random` draws from a stream instead.
 *
 * Layers and operations of TensorFlow.js take their seeds from `Math.random` (dropout, noise, random initial values)
 * and have no other generator to put in its place. Nothing else can run meanwhile.
 */
export function drawingFrom<T>(stream: Rng, work: () => T): T {
  const { random } = Math;
  Math.random = () => stream.uniform();
  try {
    return work();
  } finally {
    Math.random = random;
  }
}
