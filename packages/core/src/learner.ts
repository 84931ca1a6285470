import * as tf from '@tensorflow/tfjs';
import { notice } from '#notice';
import { assignWeights } from './assign-weights.ts';
import type { Callback } from './callback.ts';
import { check } from './check.ts';
import { beginResume } from './checkpoints/begin-resume.ts';
import { resumeOptions } from './checkpoints/open-resume.ts';
import { totalBatches } from './checkpoints/plan-resume.ts';
import { refuseOccupied } from './checkpoints/refuse-occupied.ts';
import { fingerprintOf, type RunParts } from './checkpoints/fingerprint-of.ts';
import type { Fingerprint } from './checkpoints/run-state.ts';
import type { Resume } from './checkpoints/restore.ts';
import { resumeLine } from './checkpoints/resume-line.ts';
import type { ResumePoint } from './checkpoints/resume-point.ts';
import { locate } from './checkpoints/to-store.ts';
import { disposeRunState } from './checkpoints/take-snapshot.ts';
import type { DataSource } from './data-source.ts';
import { drive } from './drive.ts';
import { Evaluation, type Evaluated } from './evaluation.ts';
import { explain, type LedgerRows } from './explain.ts';
import { fit, validate, type FitParts } from './fit.ts';
import type { FitOptions, LoadOptions, PredictOptions } from './fit-options.ts';
import type { History } from './history.ts';
import { inPart } from './ledger/in-part.ts';
import { LedgerRecorder } from './ledger/ledger-recorder.ts';
import { checkCallbacks, checkLearnerOptions, refuseProbabilities } from './learner-options.ts';
import type { LearnerOptions } from './learner-options.ts';
import type { LoopParts } from './loop-parts.ts';
import { LoopState } from './loop-state.ts';
import { refuseStatefulLayers, toModel, trainableOf, type Model } from './model.ts';
import { ON_NON_FINITE } from './non-finite.ts';
import { Observers, type LearnerEvents } from './observers.ts';
import { folderHandler, isModelFile } from './model-folder.ts';
import type { Optimizer, Parameters } from './optimizer.ts';
import { plan, type Plan } from './plan.ts';
import { predict } from './predict.ts';
import { savedWeights } from './saved-weights.ts';
import { Streams } from './streams.ts';
import type { Tensors } from './tensors.ts';
import { toDataSource, type DataLike } from './to-data-source.ts';

/**
 * Trains a model, and lets callbacks change how.
 *
 * Its own state between fits is the model's, the optimizer's and that of its random streams.
 */
export class Learner {
  /** The model as the loop sees it: its variables by name and its forward pass. */
  readonly model: Model;
  /** The optimizer, whose state goes from one fit to the next. */
  readonly optimizer: Optimizer;
  /** What the random streams are derived from. */
  readonly seed: number;
  readonly #parts: Omit<FitParts, 'notify'>;
  readonly #callbacks: readonly Callback[];
  readonly #observers = new Observers();
  readonly #streams: Streams;
  #running: LoopState | undefined;
  /** Those of its fits: what they have left in a folder is no other run's. */
  readonly #runs = new Set<string>();

  /** Throws where an option does not fit. */
  constructor(options: LearnerOptions) {
    checkLearnerOptions(options);
    const { model, data, loss, optimizer, metrics = [], callbacks = [], seed = 0 } = options;
    this.model = toModel(model);
    refuseProbabilities(this.model, loss);
    this.optimizer = optimizer;
    this.seed = seed;
    this.#streams = new Streams(seed);
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
   * May be called again: the optimizer goes on where it was. Throws, before any work, where callbacks conflict, where
   * `resume` finds nothing, only what is damaged or the checkpoint of another run, and where a fit that begins anew would
   * make checkpoints among another run's; an error of a callback names it and its event, and leaves the learner usable.
   */
  async fit(
    epochs: number,
    callbacks: readonly Callback[] = [],
    {
      resetOptimizer = false,
      resume,
      onNonFinite = 'stop',
      ledger = false,
      ...unknown
    }: FitOptions = {},
  ): Promise<History> {
    check.known('Learner.fit', unknown, ['resetOptimizer', 'resume', 'onNonFinite', 'ledger']);
    check.oneOf('Learner.fit', 'onNonFinite', onNonFinite, ON_NON_FINITE);
    check.oneOf('Learner.fit', 'ledger', ledger, [true, false]);
    checkCallbacks('Learner.fit', callbacks);
    check.integer('Learner.fit', 'epochs', epochs, { min: 1 });
    if (this.#running)
      throw new Error('Learner.fit: this learner is fitting already; await that fit first');
    for (const phase of ['train', 'valid'] as const)
      if (this.#parts[phase]?.batches === 0)
        throw new RangeError(
          `Learner.fit: data.${phase} must hold one batch at least, got an empty list`,
        );
    const planned = plan([...this.#callbacks, ...callbacks]);
    const saves = planned.some(({ checkpoints }) => checkpoints);
    if (resume !== undefined || saves) refuseStatefulLayers(this.model);
    const loop = this.#loop(epochs, planned, trainableOf(this.model), { onNonFinite });
    this.#running = loop;
    let resumed: Resume | undefined;
    try {
      if (ledger) loop.ledger = new LedgerRecorder();
      if (resume !== undefined) resumed = await beginResume(loop, resumeOptions(resume));
      if (resumed) this.#tellResume(resumed.point, loop);
      else if (saves) await refuseOccupied(planned, this.#runs);
      const { batches } = this.#parts.train;
      loop.totalBatches = totalBatches(batches, epochs, resumed);
      loop.resumed = resumed?.point;
      if (resetOptimizer) this.optimizer.reset();
      this.#observers.tell('fitStart', { epochs, callbacks: planned.map(({ name }) => name) });
      const notify: FitParts['notify'] = (event) => {
        inPart(loop, 'observers', () => this.#observers.tellOf(event, loop));
      };
      await inPart(loop, 'loop', () =>
        drive(fit(loop, { ...this.#parts, notify, resume: resumed })),
      );
      this.#observers.tell('fitEnd', loop.history);
      return loop.history;
    } finally {
      if (resumed) disposeRunState(resumed.state);
      loop.trainLoss.reset();
      loop.views.restore();
      loop.history.ledger = loop.ledger?.close(this.model, this.optimizer);
      this.#running = undefined;
      this.#runs.add(loop.id);
    }
  }

  /**
   * Loss and metrics on the validation data, on the weights as they are and without callbacks. Throws where
   * there is no such data.
   */
  async validate(): Promise<Evaluated> {
    const { valid } = this.#parts;
    if (!valid) throw new Error('Learner.validate: there is no validation data; pass data.valid');
    return this.#evaluate(valid, 'data.valid');
  }

  /** Loss and metrics on any data, without callbacks. */
  async evaluate(data: DataLike): Promise<Evaluated> {
    return this.#evaluate(toDataSource('Learner.evaluate: data', data), 'the data');
  }

  /**
   * The model's answers to inputs `[n, ...]`, computed a batch at a time.
   *
   * The caller owns the result and keeps the inputs.
   */
  predict(x: Tensors, { batchSize = 256, ...unknown }: PredictOptions = {}): Tensors {
    check.known('Learner.predict', unknown, ['batchSize']);
    check.integer('Learner.predict', 'batchSize', batchSize, { min: 1 });
    return predict(this.model, x, batchSize);
  }

  /**
   * Saves a `tf.LayersModel` in the format of TensorFlow.js, to serve it: to a folder (`model.json` and its weights,
   * replaced as a whole), or to what TensorFlow.js names by a URL such as `indexeddb://model`, or to a handler.
   *
   * Throws where the model is none; the weights of any model are in a checkpoint.
   */
  async save(target: string | tf.io.IOHandler): Promise<void> {
    const { layers } = this.model;
    if (!layers)
      throw new Error(
        'Learner.save: only a tf.LayersModel can be saved as a model; the weights of any model are in a checkpoint({ dir })',
      );
    if (typeof target !== 'string' || target.includes('://')) await layers.save(target);
    else {
      const { store, name } = locate('Learner.save', target);
      const others = (await store.files(name)).filter((file) => !isModelFile(file));
      if (others.length > 0)
        throw new Error(
          `Learner.save: ${target} holds other files, such as ${others[0] ?? ''}, and would be replaced as a whole; pass a folder of its own`,
        );
      await layers.save(folderHandler(store, name));
    }
  }

  /**
   * Takes the weights, and nothing else, of a checkpoint, the newest of a folder of checkpoints, or a saved layers model.
   *
   * Of a checkpoint those that were validated, such as Lookahead's slow ones, or a `view` by name: `'fast'` are those
   * that the optimizer moved. Throws where names or shapes are others, and while a fit is running.
   */
  async load(
    source: string | tf.io.IOHandler,
    { view, ...unknown }: LoadOptions = {},
  ): Promise<void> {
    check.known('Learner.load', unknown, ['view']);
    if (this.#running)
      throw new Error('Learner.load: this learner is fitting; await that fit first');
    const weights = await savedWeights('Learner.load', source, view);
    try {
      assignWeights('Learner.load', this.model, weights);
    } finally {
      tf.dispose(weights);
    }
  }

  /**
   * Asks a running fit to end after this batch: it still validates and completes its history, whose `ended` is the first
   * reason given. Does nothing where no fit runs.
   */
  stop(reason?: string): void {
    this.#running?.stop(reason);
  }

  /**
   * The loop in words, with the callbacks that a fit with these would run at each event; with the ledger of such a fit,
   * what each of them took there.
   */
  explain(callbacks: readonly Callback[] = [], ledger?: LedgerRows): string {
    const planned = plan([...this.#callbacks, ...callbacks]);
    return explain(planned, this.#parts.valid !== undefined, ledger);
  }

  /** Adds an observer and returns a function that removes it. */
  on<E extends keyof LearnerEvents>(
    event: E,
    observer: (...payload: LearnerEvents[E]) => void,
  ): () => void {
    return this.#observers.on(event, observer);
  }

  /** A fit that does less than it was asked for must not be silent: where nobody else shows it, one line does. */
  #tellResume(point: ResumePoint, { plan, epochs }: LoopState): void {
    const isShown = this.#observers.has('resume') || plan.some(({ showsResume }) => showsResume);
    if (!isShown) notice(`Learner.fit: ${resumeLine(point, epochs)}`);
    this.#observers.tell('resume', point);
  }

  async #evaluate(source: DataSource, evaluated: string): Promise<Evaluated> {
    const into = new Evaluation(this.#parts.metrics);
    try {
      await drive(
        validate(this.#loop(1, [], new Map(), { evaluated }), source, this.#parts.loss, into),
      );
      return await into.read();
    } finally {
      into.dispose();
    }
  }

  #loop(
    epochs: number,
    plan: Plan,
    parameters: Parameters,
    parts: Pick<LoopParts, 'onNonFinite' | 'evaluated'>,
  ): LoopState {
    const { model, optimizer, seed } = this;
    const run: RunParts = { ...this.#parts, epochs, seed, model, optimizer, parameters, plan };
    let fingerprint: Promise<Fingerprint> | undefined;
    return new LoopState({
      ...parts,
      model,
      optimizer,
      parameters,
      plan,
      epochs,
      streams: this.#streams,
      train: this.#parts.train,
      valid: this.#parts.valid,
      figures: this.#figures(),
      fingerprint: () => (fingerprint ??= fingerprintOf(run)),
    });
  }

  /** What a row of a fit has figures of. */
  #figures(): string[] {
    const { valid, metrics } = this.#parts;
    const validated = valid ? ['validLoss', ...metrics.map(({ name }) => name)] : [];
    return ['trainLoss', 'smoothLoss', ...validated];
  }
}
