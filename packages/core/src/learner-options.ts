import type { Callback } from './callback.ts';
import { check } from './check.ts';
import type { Loss } from './loss.ts';
import type { Metric } from './metric.ts';
import type { Model, ModelLike } from './model.ts';
import type { Optimizer } from './optimizer.ts';
import type { DataLike } from './to-data-source.ts';

/** What a learner is made of. */
export interface LearnerOptions {
  /** A built `tf.LayersModel`, an object `{ variables, forward }` or a function with `variables`. */
  readonly model: ModelLike;
  readonly data: {
    readonly train: DataLike;
    /** Without it nothing is validated. */
    readonly valid?: DataLike;
  };
  /** Numbers for each example, or their mean. */
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  /** Measured in validation. @default [] */
  readonly metrics?: readonly Metric[];
  /** Measure the metrics in training as well, which costs time in every batch. @default false */
  readonly trainMetrics?: boolean;
  /** In every fit, together with those that `fit` is given. @default [] */
  readonly callbacks?: readonly Callback[];
  /**
   * An integer that the order of the data and the callbacks' random streams are derived from. What a layer
   * draws by itself, as `tf.layers.dropout` does, is not. @default 0
   */
  readonly seed?: number;
}

const NAMES: readonly (keyof LearnerOptions)[] = [
  'model',
  'data',
  'loss',
  'optimizer',
  'metrics',
  'trainMetrics',
  'callbacks',
  'seed',
];

/** Refuses what does not fit together, before it fails as something else. Plain JavaScript has no types. */
export function checkLearnerOptions(given: LearnerOptions): void {
  const options = check.options('Learner', given);
  check.known('Learner', options, NAMES);
  const { data, loss, optimizer, metrics = [], callbacks = [] } = options;
  const { seed = 0, trainMetrics = false } = options;
  check.integer('Learner', 'seed', seed);
  check.oneOf('Learner', 'trainMetrics', trainMetrics, [true, false]);
  const parts = { data, optimizer, loss } as Record<string, unknown>;
  if (typeof parts['data'] !== 'object' || parts['data'] === null)
    throw new TypeError('Learner: data must be { train, valid? }');
  if ('epoch' in data || Symbol.iterator in data || Symbol.asyncIterator in data)
    throw new TypeError('Learner: data must be { train, valid? }; pass data: { train: … }');
  check.known('Learner: data', data, ['train', 'valid']);
  if (typeof parts['loss'] !== 'function')
    throw new TypeError(
      `Learner: loss must be a function of predictions and targets, such as crossEntropy(), got ${String(loss)}`,
    );
  if (!Array.isArray((parts['optimizer'] as Partial<Optimizer> | undefined)?.hyperparameters))
    throw new TypeError(
      'Learner: optimizer must be one of @tfloop/optimizers; fromTfjs() adapts one of TensorFlow.js',
    );
  checkMetrics(metrics);
  refuseSharedNames(metrics, optimizer);
  checkCallbacks('Learner', callbacks);
}

/** Refuses what is no list of callbacks. */
export function checkCallbacks(owner: string, callbacks: readonly Callback[]): void {
  if (!Array.isArray(callbacks))
    throw new TypeError(`${owner}: callbacks must be a list, such as [lookahead()]`);
  for (const callback of callbacks as readonly unknown[]) {
    if (typeof callback === 'function')
      throw new TypeError(
        `${owner}: ${callback.name || 'a function'} is not a callback but makes one; add the parentheses: ${callback.name}()`,
      );
    if (Array.isArray(callback))
      throw new TypeError(
        `${owner}: callbacks must be one list, got a list in it; spread that: [...list]`,
      );
    if (typeof callback !== 'object' || callback === null)
      throw new TypeError(`${owner}: callbacks must be objects, got ${String(callback)}`);
  }
}

function checkMetrics(metrics: readonly Metric[]): void {
  const isMetric = (metric: Partial<Metric> | null) =>
    typeof metric === 'object' && typeof metric?.values === 'function';
  if (!Array.isArray(metrics) || !metrics.every(isMetric))
    throw new TypeError(
      `Learner: metrics must be a list such as [accuracy()], or of metric(name, function)`,
    );
}

/** Refuses a model that ends in probabilities under a loss that expects logits. */
export function refuseProbabilities({ outputActivation }: Model, { expects }: Loss): void {
  if (expects === 'logits' && (outputActivation === 'softmax' || outputActivation === 'sigmoid'))
    throw new Error(
      `Learner: the loss expects logits, but the model's last layer applies ${outputActivation}; leave that activation out`,
    );
}

function refuseSharedNames(metrics: readonly Metric[], optimizer: Optimizer): void {
  const figures = ['epoch', 'trainLoss', 'smoothLoss', 'validLoss', 'skipped', 'seconds'];
  const names = [...figures, ...optimizer.hyperparameters, ...metrics.map(({ name }) => name)];
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new Error(
      `Learner: a metric can't be named "${twice}": the history has a column of that name already`,
    );
}
