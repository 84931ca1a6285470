import { EventEmitter } from 'eventemitter3';
import type { Callback } from './callback.ts';
import { check } from './check.ts';
import type { DataSource } from './data-source.ts';
import { drive, isPromise } from './drive.ts';
import { Evaluation, type Evaluated } from './evaluation.ts';
import { explain } from './explain.ts';
import { fit, validate, type FitParts } from './fit.ts';
import type { History, HistoryRow } from './history.ts';
import { LoopState } from './loop-state.ts';
import type { Loss } from './loss.ts';
import type { Metric } from './metric.ts';
import { toModel, trainableOf, type Model, type ModelLike } from './model.ts';
import type { Optimizer, Parameters } from './optimizer.ts';
import { plan, type Plan } from './plan.ts';
import { predict } from './predict.ts';
import { rng, type Rng } from './rng.ts';
import type { Tensors } from './tensors.ts';
import { toDataSource, type DataLike } from './to-data-source.ts';

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
  /** In every fit, before those that `fit` is given. @default [] */
  readonly callbacks?: readonly Callback[];
  /** Everything random is derived from it: an integer. @default 0 */
  readonly seed?: number;
}

const OPTIONS: readonly (keyof LearnerOptions)[] = [
  'model',
  'data',
  'loss',
  'optimizer',
  'metrics',
  'trainMetrics',
  'callbacks',
  'seed',
];

/** Options of one fit. */
export interface FitOptions {
  /** Forget the optimizer's state before the first step, instead of going on with it. @default false */
  readonly resetOptimizer?: boolean;
}

/** What observers can listen to. They are told and not waited for, and can't change the loop. */
export interface LearnerEvents {
  fitStart: [{ epochs: number; callbacks: readonly string[] }];
  epochStart: [{ epoch: number }];
  batchEnd: [{ epoch: number; batchInEpoch: number; step: number }];
  epochEnd: [HistoryRow];
  fitEnd: [History];
}

/**
 * Trains a model, and lets callbacks change how.
 *
 * Its own state between fits is the model's, the optimizer's and that of its random streams.
 */
export class Learner {
  readonly model: Model;
  readonly optimizer: Optimizer;
  readonly seed: number;
  readonly #parts: Omit<FitParts, 'notify'>;
  readonly #callbacks: readonly Callback[];
  readonly #observers = new EventEmitter();
  readonly #streams = new Map<string, Rng>();
  #running: LoopState | undefined;

  /** Throws where an option does not fit. */
  constructor(options: LearnerOptions) {
    const { model, data, loss, optimizer, metrics = [], callbacks = [], seed = 0 } = options;
    check.known('Learner', options, OPTIONS);
    check.integer('Learner', 'seed', seed);
    this.model = toModel(model);
    refuseProbabilities(this.model, loss);
    refuseSharedNames(metrics, optimizer);
    this.optimizer = optimizer;
    this.seed = seed;
    this.#callbacks = callbacks;
    this.#parts = {
      train: toDataSource('Learner: data.train', data.train),
      valid: data.valid === undefined ? undefined : toDataSource('Learner: data.valid', data.valid),
      loss,
      metrics,
      trainMetrics: options.trainMetrics ? metrics : [],
    };
  }

  /**
   * Trains for some epochs and returns their history.
   *
   * May be called again: the optimizer goes on where it was. Throws where callbacks conflict, before any
   * work; an error of a callback names it and its event, and leaves the learner usable.
   */
  async fit(
    epochs: number,
    callbacks: readonly Callback[] = [],
    { resetOptimizer = false }: FitOptions = {},
  ): Promise<History> {
    check.integer('Learner.fit', 'epochs', epochs, { min: 1 });
    if (this.#running)
      throw new Error('Learner.fit: this learner is fitting already; await that fit first');
    const planned = plan([...this.#callbacks, ...callbacks]);
    const loop = this.#loop(epochs, planned, trainableOf(this.model));
    const { batches } = this.#parts.train;
    loop.totalBatches = batches === undefined ? undefined : batches * epochs;
    this.#running = loop;
    try {
      if (resetOptimizer) this.optimizer.reset();
      this.#tell('fitStart', { epochs, callbacks: planned.map(({ name }) => name) });
      await drive(fit(loop, { ...this.#parts, notify: (event) => this.#notify(event, loop) }));
      this.#tell('fitEnd', loop.history);
      return loop.history;
    } finally {
      loop.trainLoss.reset();
      loop.views.restore();
      this.#running = undefined;
    }
  }

  /** Loss and metrics on the validation data, without callbacks. Throws where there is none. */
  async validate(): Promise<Evaluated> {
    const { valid } = this.#parts;
    if (!valid) throw new Error('Learner.validate: there is no validation data; pass data.valid');
    return this.#evaluate(valid);
  }

  /** Loss and metrics on any data, without callbacks. */
  async evaluate(data: DataLike): Promise<Evaluated> {
    return this.#evaluate(toDataSource('Learner.evaluate: data', data));
  }

  /**
   * The model's answers to inputs `[n, ...]`, computed a batch at a time.
   *
   * The caller owns the result and keeps the inputs.
   */
  predict(x: Tensors, { batchSize = 256 }: { readonly batchSize?: number } = {}): Tensors {
    check.integer('Learner.predict', 'batchSize', batchSize, { min: 1 });
    return predict(this.model, x, batchSize);
  }

  /** Asks a running fit to end after this batch: it still validates and completes its history. */
  stop(): void {
    this.#running?.stop();
  }

  /** The loop in words, with the callbacks that a fit with these would run at each event. */
  explain(callbacks: readonly Callback[] = []): string {
    return explain(plan([...this.#callbacks, ...callbacks]), this.#parts.valid !== undefined);
  }

  /** Adds an observer and returns a function that removes it. */
  on<E extends keyof LearnerEvents>(
    event: E,
    observer: (...payload: LearnerEvents[E]) => void,
  ): () => void {
    // An observer can't stop the training, and its mistake should not go unseen either.
    const complain = (error: unknown): void => {
      console.error(`Learner: an observer of ${event} failed:`, error);
    };
    const listener = (...payload: unknown[]) => {
      try {
        const result = (observer as (...payload: unknown[]) => unknown)(...payload);
        if (isPromise(result)) void result.then(undefined, complain);
      } catch (error) {
        complain(error);
      }
    };
    this.#observers.on(event, listener);
    return () => void this.#observers.off(event, listener);
  }

  async #evaluate(source: DataSource): Promise<Evaluated> {
    const into = new Evaluation(this.#parts.metrics);
    try {
      await drive(validate(this.#loop(1, [], new Map()), source, this.#parts.loss, into));
      return await into.read();
    } finally {
      into.dispose();
    }
  }

  #loop(epochs: number, plan: Plan, parameters: Parameters): LoopState {
    const { model, optimizer } = this;
    return new LoopState({
      model,
      optimizer,
      parameters,
      plan,
      epochs,
      rng: (name) => this.#rng(name),
    });
  }

  #rng(name: string): Rng {
    let stream = this.#streams.get(name);
    if (!stream) this.#streams.set(name, (stream = rng(this.seed, name)));
    return stream;
  }

  #notify(event: 'epochStart' | 'batchEnd' | 'epochEnd', loop: LoopState): void {
    const { epoch, batchInEpoch, step } = loop;
    if (event === 'batchEnd') this.#tell(event, { epoch, batchInEpoch, step });
    else if (event === 'epochStart') this.#tell(event, { epoch });
    else if (loop.history.last) this.#tell(event, loop.history.last);
  }

  #tell<E extends keyof LearnerEvents>(event: E, ...payload: LearnerEvents[E]): void {
    this.#observers.emit(event, ...payload);
  }
}

function refuseSharedNames(metrics: readonly Metric[], optimizer: Optimizer): void {
  const figures = ['epoch', 'trainLoss', 'smoothLoss', 'validLoss', 'seconds'];
  const names = [...figures, ...optimizer.hyperparameters, ...metrics.map(({ name }) => name)];
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new Error(
      `Learner: a metric can't be named "${twice}": the history has a column of that name already`,
    );
}

function refuseProbabilities({ outputActivation }: Model, { expects }: Loss): void {
  if (expects === 'logits' && (outputActivation === 'softmax' || outputActivation === 'sigmoid'))
    throw new Error(
      `Learner: the loss expects logits, but the model's last layer applies ${outputActivation}; leave that activation out`,
    );
}
