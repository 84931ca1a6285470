import { check } from '@tfloop/core';
import { CONTENDERS, OPTIMIZERS, type OptimizerName } from './optimizers.ts';

/** Data sets that the study knows. */
export const DATASETS = ['digits', 'fashion-mnist'] as const;
/** Learning-rate schedules. */
export const SCHEDULES = ['none', 'one-cycle', 'step-decay'] as const;
/** When the optimizer's state is reset. */
export const RESETS = ['none', 'lookahead-sync', 'epoch'] as const;
/** Networks. */
export const MODELS = ['conv-net', 'mlp'] as const;

/** A data set that the study knows. */
export type DatasetName = (typeof DATASETS)[number];
/** A schedule of the learning rate: `'one-cycle'` is the 1cycle policy, `'step-decay'` divides by 5 at 30, 60 and 80 % of the fit. */
export type Schedule = (typeof SCHEDULES)[number];
/** When the optimizer's state is reset: never, at every sync of Lookahead, or at every epoch but the first. */
export type Reset = (typeof RESETS)[number];
/** A network: 9,098 weights in convolutions, or one hidden layer. */
export type ModelName = (typeof MODELS)[number];

/** What a study compares, and under which conditions. */
export interface StudySettings {
  /** @default all five */
  readonly optimizers: readonly OptimizerName[];
  /** Whole numbers, each once; every optimizer runs once with each. @default [1, 2, 3] */
  readonly seeds: readonly number[];
  /** When the optimizer's state is reset; several values are compared with each other. @default ['none'] */
  readonly resets: readonly Reset[];
  /** At least 2 for a reset at every epoch. @default 3 */
  readonly epochs: number;
  /** @default 'digits' */
  readonly dataset: DatasetName;
  /** Training examples, the classes in equal shares: a batch and ten of each class at least, and at most those of the data set. @default 8000 */
  readonly examples: number;
  /** @default 64 */
  readonly batchSize: number;
  /** Of the learning rate alone, the same shape for every optimizer. @default 'one-cycle' */
  readonly schedule: Schedule;
  /** Alpha of mixup; 0 mixes nothing. @default 0 */
  readonly mixup: number;
  /** @default 'conv-net' */
  readonly model: ModelName;
}

/** The settings in force when nothing is set. */
export const DEFAULTS: StudySettings = {
  optimizers: OPTIMIZERS,
  seeds: [1, 2, 3],
  resets: ['none'],
  epochs: 3,
  dataset: 'digits',
  examples: 8000,
  batchSize: 64,
  schedule: 'one-cycle',
  mixup: 0,
  model: 'conv-net',
};

/** How messages speak of settings. */
export interface Naming {
  readonly owner: string;
  /** What a setting is called. */
  readonly nameOf: (key: keyof StudySettings) => string;
}

const PLAIN: Naming = { owner: 'study', nameOf: (key) => key };

/** Settings with their defaults. Throws a RangeError or TypeError where one breaks its rule. */
export function completeSettings(
  given: Partial<StudySettings> = {},
  { owner, nameOf }: Naming = PLAIN,
): StudySettings {
  check.known(owner, given, Object.keys(DEFAULTS));
  const settings = { ...DEFAULTS, ...given };
  const list = <K extends 'optimizers' | 'seeds' | 'resets'>(
    key: K,
    checkOne: (name: string, value: StudySettings[K][number]) => void,
  ) => {
    const [name, values] = [nameOf(key), settings[key]];
    if (values.length === 0) throw new RangeError(`${owner}: ${name} must not be empty`);
    values.forEach((value) => checkOne(name, value));
    if (new Set<unknown>(values).size < values.length)
      throw new RangeError(`${owner}: ${name} must hold each value once, got ${values.join(', ')}`);
  };
  const oneOf = (key: keyof StudySettings, allowed: readonly string[]) =>
    check.oneOf(owner, nameOf(key), settings[key], allowed);
  const count = (key: 'epochs' | 'examples' | 'batchSize') =>
    check.integer(owner, nameOf(key), settings[key], { min: 1 });

  list('optimizers', (name, value) => check.oneOf(owner, name, value, OPTIMIZERS));
  list('seeds', (name, value) => check.integer(owner, name, value));
  list('resets', (name, value) => check.oneOf(owner, name, value, RESETS));
  count('epochs');
  oneOf('dataset', DATASETS);
  count('examples');
  count('batchSize');
  oneOf('schedule', SCHEDULES);
  check.number(owner, nameOf('mixup'), settings.mixup, { min: 0 });
  oneOf('model', MODELS);
  const { examples, batchSize, resets, epochs } = settings;
  if (examples < batchSize)
    throw new RangeError(
      `${owner}: ${nameOf('examples')} must be an integer >= ${batchSize}, which is one batch, got ${examples}`,
    );
  if (resets.includes('epoch') && epochs < 2)
    throw new RangeError(
      `${owner}: ${nameOf('epochs')} must be an integer >= 2 where ${nameOf('resets')} holds "epoch", as the first epoch begins without a reset, got ${epochs}`,
    );
  const isIdle =
    resets.every((reset) => reset === 'lookahead-sync') &&
    settings.optimizers.every((name) => CONTENDERS[name].inner === undefined);
  if (isIdle)
    throw new RangeError(
      `${owner}: ${nameOf('resets')} must hold more than "lookahead-sync" where no optimizer has Lookahead, got ${settings.optimizers.join(', ')}`,
    );
  return settings;
}
