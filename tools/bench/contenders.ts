/** The optimizers that lanes train with, SGD with momentum 0.9. */
export const OPTIMIZERS = ['sgd', 'adam'] as const;

/** The name of an optimizer. */
export type OptimizerName = (typeof OPTIMIZERS)[number];

/** The contender that the others of its back end are divided by. */
export const BASE = 'by hand';

/** Ways to train on our back ends. `stock` ones have TensorFlow.js as it is published, without our kernels. */
export const OWN = [
  'tfloop',
  BASE,
  'model.fit',
  'tfloop + lookahead',
  'tfjs by hand',
  'stock tfjs by hand',
  'stock model.fit',
] as const;

/** The lanes of tfjs-node as it is published. */
export const STOCK = { backend: 'native', contender: 'stock tfjs by hand' } as const;

/** Other systems, which bring a back end. */
export const PEERS = ['keras', 'torch', 'jax-js'] as const;

/** Everything that the report can compare. */
export const CONTENDERS = [...OWN, ...PEERS] as const;

/** The name of a contender. */
export type ContenderName = (typeof CONTENDERS)[number];

/** Whether it is one of {@link PEERS}. */
export function isPeer(name: ContenderName): name is (typeof PEERS)[number] {
  return (PEERS as readonly string[]).includes(name);
}

/** Whether it trains without our kernels. */
export function isStock(name: ContenderName): boolean {
  return name.startsWith('stock ');
}
