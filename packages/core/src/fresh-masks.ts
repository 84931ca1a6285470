import type * as tf from '@tensorflow/tfjs';

/** The seed of a dropout layer, which is in no type of TensorFlow.js. */
interface Seeded {
  seed: number | undefined;
}

/**
 * Runs work with the seeds of a model's dropout layers taken away.
 *
 * In TensorFlow.js a dropout layer with a seed drops the same units in every batch for ever, which is another network
 * and no dropout. Without one its masks come from the loop's own stream, new in each batch and the same in each run.
 */
export function withFreshMasks<T>(dropouts: readonly Seeded[], work: () => T): T {
  const seeds = dropouts.map(({ seed }) => seed);
  for (const layer of dropouts) layer.seed = undefined;
  try {
    return work();
  } finally {
    dropouts.forEach((layer, i) => (layer.seed = seeds[i]));
  }
}

/** The dropout layers of a model that have a seed, also those of models and wrappers within it. */
export function seededDropouts(model: tf.LayersModel): Seeded[] {
  return model.layers.flatMap(layersWithin).filter(isSeeded);
}

function layersWithin(layer: object): object[] {
  const { layers = [], layer: wrapped, forwardLayer, backwardLayer } = layer as Container;
  const inner = [...layers, wrapped, forwardLayer, backwardLayer].filter(
    (one) => one !== undefined,
  );
  return [layer, ...inner.flatMap(layersWithin)];
}

/** Models have layers, and wrappers have one or, running both ways, two. */
interface Container {
  readonly layers?: readonly object[];
  readonly layer?: object;
  readonly forwardLayer?: object;
  readonly backwardLayer?: object;
}

function isSeeded(layer: object): layer is Seeded {
  const { rate, seed } = layer as { rate?: unknown; seed?: unknown };
  return typeof rate === 'number' && typeof seed === 'number';
}
