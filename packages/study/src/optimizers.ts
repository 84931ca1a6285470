import type { Optimizer } from '@tfloop/core';
import { adamw, rmsprop, sgd } from '@tfloop/optimizers';

/** The optimizers of the study. */
export type OptimizerName = 'sgd' | 'adamw' | 'rmsprop' | 'lookahead-sgd' | 'lookahead-adamw';

/** One optimizer of the study. */
export interface Contender {
  readonly title: string;
  /** Hyper-parameters; `lr` is the highest learning rate of a schedule. */
  readonly values: Readonly<Record<string, number>>;
  /** A fresh optimizer with these values. */
  create(): Optimizer;
  /** The optimizer inside Lookahead: the contender that differs from this one by nothing else. */
  readonly inner?: OptimizerName;
}

const SGD = { lr: 0.05, momentum: 0.9, weightDecay: 0.001 };
const ADAMW = { lr: 0.01, weightDecay: 0.03 };
const RMSPROP = { lr: 0.01, weightDecay: 0.001 };

/** Lookahead's k and alpha in the study. */
export const LOOKAHEAD = { k: 5, alpha: 0.5 };

/** The optimizers by name, in the order of the tables. Lookahead has exactly its inner optimizer's values. */
export const CONTENDERS: Readonly<Record<OptimizerName, Contender>> = {
  sgd: { title: 'SGD', values: SGD, create: () => sgd(SGD) },
  adamw: { title: 'AdamW', values: ADAMW, create: () => adamw(ADAMW) },
  rmsprop: { title: 'RMSProp', values: RMSPROP, create: () => rmsprop(RMSPROP) },
  'lookahead-sgd': {
    title: 'Lookahead/SGD',
    values: { ...SGD, ...LOOKAHEAD },
    create: () => sgd(SGD),
    inner: 'sgd',
  },
  'lookahead-adamw': {
    title: 'Lookahead/AdamW',
    values: { ...ADAMW, ...LOOKAHEAD },
    create: () => adamw(ADAMW),
    inner: 'adamw',
  },
};

/** All names, in the order of the tables. */
export const OPTIMIZERS = Object.keys(CONTENDERS) as readonly OptimizerName[];
