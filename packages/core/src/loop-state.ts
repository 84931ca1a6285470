import type * as tf from '@tensorflow/tfjs';
import { BatchTensors, targetTensors } from './batch-tensors.ts';
import type { ResumePoint } from './checkpoints/resume-point.ts';
import type { EpochPosition, RunState } from './checkpoints/run-state.ts';
import { runId } from './checkpoints/run-id.ts';
import { takeSnapshot } from './checkpoints/take-snapshot.ts';
import type { Callback, DoneBatchLoop, RestLoop, StepLoop } from './callback.ts';
import type { EventName } from './events.ts';
import type { Batch, DataSource } from './data-source.ts';
import type { BatchForm } from './check-batch.ts';
import { DeferredMean } from './deferred-mean.ts';
import { sendSignal } from './fire.ts';
import { History } from './history.ts';
import type { Target } from './mixed-target.ts';
import type { LedgerRecorder } from './ledger/ledger-recorder.ts';
import type { LoopParts } from './loop-parts.ts';
import type { MetricMeans } from './metric-means.ts';
import type { Model } from './model.ts';
import { stopAfter, type OnNonFinite } from './non-finite.ts';
import type { Gradients, Optimizer, Parameters } from './optimizer.ts';
import { OwnedMap } from './owned-map.ts';
import { withEvent, type Plan } from './plan.ts';
import type { Rng, RngState } from './rng.ts';
import { SmoothMean } from './smooth-mean.ts';
import type { Streams } from './streams.ts';
import { exampleCount, tensorsOf, type Tensors } from './tensors.ts';
import { WeightViews } from './weight-views.ts';
import type { Moment } from './where.ts';

/** The one argument of every event: where the run is and what it holds. */
export class LoopState implements StepLoop, DoneBatchLoop, RestLoop {
  readonly model: Model;
  readonly optimizer: Optimizer;
  readonly parameters: Parameters;
  readonly variables: tf.Variable[];
  readonly epochs: number;
  readonly history = new History();
  readonly views: WeightViews;
  readonly streams: Streams;
  readonly train: DataSource;
  readonly valid: DataSource | undefined;
  readonly figures: readonly string[];
  readonly fingerprint: LoopParts['fingerprint'];
  readonly onNonFinite: OnNonFinite;
  readonly evaluated: string | undefined;
  /** Keeps the books, where the fit was asked for it. */
  ledger: LedgerRecorder | undefined;

  /** The run's: that of the one that was saved, where it goes on. */
  id = runId();
  phase: 'train' | 'valid' = 'train';
  epoch = 0;
  step = 0;
  batch = 0;
  batchInEpoch = 0;
  batchesPerEpoch: number | undefined;
  totalBatches: number | undefined;
  stopping = false;
  #stopAsked = false;
  /** Why a callback has finished the run. */
  finished: string | undefined;
  resumed: ResumePoint | undefined;
  /** Batches of the running epoch that were left out because of numbers that are not finite. */
  skipped = 0;
  /** What is told only once a fit: numbers that are not finite, and phases with more batches than expected. */
  stoppedByNumbers = false;
  toldOfSkip = false;
  readonly surplus = new Set<string>();
  /** How the first batch of each phase was. */
  readonly forms: { train?: BatchForm; valid?: BatchForm } = {};
  rest: 'batch' | 'epoch' = 'epoch';
  /** Whether the run is at rest now. */
  resting = false;
  /** The training metrics of the running epoch. */
  trained: MetricMeans | undefined;
  /** When the running epoch began, in milliseconds; earlier, by what it had taken, where it was resumed. */
  epochStarted = 0;
  /** The stream of the data order when the epoch began, and a digest of its first batch where that is needed. */
  epochOrder: RngState | undefined;
  firstBatch: string | null = null;
  /** When the host last had its turn. */
  turn = performance.now();

  // Set by the batch scope; DoneBatchLoop says that they may be missing.
  pred!: Tensors;
  loss!: tf.Scalar;
  readonly grads: Gradients = new OwnedMap((gradient) => {
    this.#tensors.own(gradient);
  });

  readonly smooth = new SmoothMean();
  readonly trainLoss = new DeferredMean((loss) => {
    this.#seeLoss(loss);
  });
  readonly plan: Plan;

  readonly #hooks = new Map<EventName, Callback[]>();
  readonly #tensors = new BatchTensors();
  /** The batches whose losses are not read yet, oldest first. */
  #unread: Moment[] = [];
  #x!: Tensors;
  #y!: Target;
  #weights: tf.Tensor | undefined;

  constructor(parts: LoopParts) {
    this.model = parts.model;
    this.optimizer = parts.optimizer;
    this.parameters = parts.parameters;
    this.variables = [...parts.parameters.values()];
    this.plan = parts.plan;
    this.epochs = parts.epochs;
    this.streams = parts.streams;
    this.train = parts.train;
    this.valid = parts.valid;
    this.figures = parts.figures;
    this.fingerprint = parts.fingerprint;
    this.onNonFinite = parts.onNonFinite ?? 'stop';
    this.evaluated = parts.evaluated;
    this.views = new WeightViews(parts.parameters);
  }

  get x(): Tensors {
    return this.#x;
  }
  set x(x: Tensors) {
    for (const tensor of tensorsOf(x)) this.#tensors.own(tensor);
    this.#x = x;
  }

  get y(): Target {
    return this.#y;
  }
  set y(y: Target) {
    for (const tensor of targetTensors(y)) this.#tensors.own(tensor);
    this.#y = y;
  }

  get weights(): tf.Tensor | undefined {
    return this.#weights;
  }
  set weights(weights: tf.Tensor | undefined) {
    if (weights) this.#tensors.own(weights);
    this.#weights = weights;
  }

  get size(): number {
    return exampleCount(this.#x);
  }

  get smoothLoss(): number {
    return this.smooth.value;
  }

  /** The callbacks of an event, in planned order. */
  hooks(event: EventName): readonly Callback[] {
    let hooks = this.#hooks.get(event);
    if (!hooks) this.#hooks.set(event, (hooks = withEvent(this.plan, event)));
    return hooks;
  }

  /** Whether an event has callbacks. */
  heard(event: EventName): boolean {
    return this.hooks(event).length > 0;
  }

  rng(name: string): Rng {
    return this.streams.get(name);
  }

  /** The stream that a phase draws its data order from, as the epoch has to begin with it. */
  dataOrder(phase: 'train' | 'valid'): Rng {
    const stream = this.rng(`data order ${phase}`);
    if (phase === 'train') {
      if (this.epochOrder) stream.load(this.epochOrder);
      this.epochOrder = stream.state();
    }
    return stream;
  }

  async snapshot(): Promise<RunState> {
    if (!this.resting)
      throw new Error('snapshot() is for atRest; from elsewhere the run could not go on exactly');
    return takeSnapshot(this);
  }

  /** Enters a phase and returns a function that goes back to where the loop was before. */
  beginPhase(phase: 'train' | 'valid', source: DataSource): () => void {
    const { phase: outer, batchInEpoch, batchesPerEpoch } = this;
    Object.assign(this, { phase, batchInEpoch: 0, batchesPerEpoch: source.batches });
    return () => {
      Object.assign(this, { phase: outer, batchInEpoch, batchesPerEpoch });
    };
  }

  /** Starts an epoch, or goes on in one that had begun. */
  beginEpoch(trained: MetricMeans, begun: EpochPosition | null): void {
    this.trained = trained;
    this.trainLoss.reset();
    this.#unread = [];
    this.skipped = begun?.skipped ?? 0;
    this.epochStarted = performance.now() - (begun ? begun.seconds * 1000 : 0);
    this.epochOrder = begun?.dataOrder;
    this.firstBatch = begun ? begun.firstBatch : null;
    if (!begun) return;
    this.batchInEpoch = begun.batches;
    this.trainLoss.load(begun.trainLoss);
    trained.load(begun.trainMetrics);
  }

  beginBatch(batch: Batch, source: DataSource): void {
    this.#tensors.begin(batch, source.owner);
    this.#x = batch.x;
    this.#y = batch.y;
    this.#weights = batch.weights;
    this.forgetForward();
  }

  /** Gives the batch's loss to the mean of the epoch. */
  addTrainLoss(): void {
    const { phase, epoch, batchInEpoch, step } = this;
    this.#unread.push({ phase, epoch, batchInEpoch, step });
    this.trainLoss.add(this.loss, this.size);
  }

  #seeLoss(loss: number): void {
    this.smooth.add(loss);
    const moment = this.#unread.shift();
    if (Number.isFinite(loss) || !moment) return;
    stopAfter(this, loss, moment);
  }

  /** After a failed backward pass, before which the loss had come to be. */
  disposeLoss(): void {
    (this.loss as tf.Scalar | undefined)?.dispose();
    this.forgetForward();
  }

  forgetForward(): void {
    this.pred = this.loss = undefined as never;
  }

  /** Makes a tensor that outlived the tape part of this batch. */
  keepForBatch(tensor: tf.Tensor): void {
    this.#tensors.own(tensor);
  }

  endBatch(): void {
    this.grads.clear();
    this.#tensors.dispose();
  }

  signal(name: string): void {
    sendSignal(this, this.plan, name);
  }

  async readLoss(): Promise<number> {
    await this.trainLoss.read();
    return this.smoothLoss;
  }

  /** Lets callbacks see whether a stop was asked for; called only where the run could go on from. */
  heedStop(): boolean {
    return (this.stopping = this.#stopAsked);
  }

  /** The same where an epoch may begin: none does after a run was finished, but one that has begun goes on. */
  heedEnd(inEpoch = false): boolean {
    const finished = this.finished !== undefined && !inEpoch;
    return (this.stopping = this.#stopAsked || finished);
  }

  stop(reason = 'stop() was called'): void {
    this.#stopAsked = true;
    this.history.ended ??= reason;
  }

  finish(reason = 'finish() was called'): void {
    this.finished ??= reason;
    this.history.ended ??= reason;
  }
}
