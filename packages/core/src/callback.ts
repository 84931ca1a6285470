import type * as tf from '@tensorflow/tfjs';
import type { CheckpointStore } from './checkpoints/checkpoint-store.ts';
import type { ResumePoint } from './checkpoints/resume-point.ts';
import type { Fingerprint, RunState } from './checkpoints/run-state.ts';
import type { History } from './history.ts';
import type { Target } from './mixed-target.ts';
import type { Model } from './model.ts';
import type { Gradients, Optimizer, Parameters } from './optimizer.ts';
import type { Rng } from './rng.ts';
import type { Tensors } from './tensors.ts';
import type { WeightViews } from './weight-views.ts';

/**
 * The loop, and where its events are:
 *
 * ```text
 * fit(epochs, callbacks)
 *   plan                       order the callbacks, refuse conflicts, before any work
 *   beforeFit
 *   for each epoch
 *     beforeEpoch
 *     beforeTrain
 *     for each training batch
 *       beforeBatch            may replace x, y, weights: augmentation, mixup
 *       pred = model(x)        ┐ inside the gradient tape: synchronous, differentiable
 *       afterPred              │ may replace pred
 *       loss = loss(pred, y)   │
 *       afterLoss              ┘ may replace loss
 *       afterBackward          may replace gradients: clipping, accumulation
 *       beforeStep             sets hyper-parameters for this step: schedules
 *       optimizer.step(grads)
 *       afterStep              weights have moved: Lookahead, EMA
 *       afterBatch
 *       atRest                 between batches: `loop.snapshot()` is all of the run
 *     afterTrain
 *     beforeValidate
 *     for each validation batch: beforeBatch afterPred afterLoss afterBatch
 *     afterValidate
 *     afterEpoch               the epoch's row is complete: trackers, loggers
 *     atRest                   between epochs
 *   afterFit
 * cleanupBatch, cleanupEpoch and cleanupFit run whenever their scope was entered, however it was left, in
 * reverse order.
 * ```
 *
 * An event may return a promise where the type allows it; the loop waits for nothing else. A callback keeps
 * its state from `beforeFit` to `cleanupFit`, so that one instance serves one fit after another.
 */
export interface Callback {
  /** Unique among the callbacks of a fit: other callbacks, errors and checkpoints speak of it. */
  readonly name: string;
  /** The options in force, for loggers. */
  readonly options?: Readonly<Record<string, unknown>>;

  /** Lower runs earlier, where no `before` or `after` decides. @default 0 */
  readonly order?: number;
  /** Names of callbacks that this one runs before, where they are present. */
  readonly before?: readonly string[];
  /** Names of callbacks that this one runs after, where they are present. */
  readonly after?: readonly string[];
  /** Callback or signal names without which this one can't work. */
  readonly requires?: readonly string[];
  /** Names of signals that this callback sends. */
  readonly provides?: readonly string[];
  /** What it changes, together with others that do. */
  readonly writes?: readonly Slot[];
  /** Slots or hyper-parameters that it alone sets: two owners of one don't plan. */
  readonly owns?: readonly (Slot | (string & {}))[];
  /** That it changes nothing in the training, so that a run may be resumed with it or without. @default false */
  readonly passive?: boolean;
  /**
   * Where it makes checkpoints, which `resume: 'auto'` goes on from. A fit that begins anew is refused where those of a
   * run are that its learner has not made.
   */
  readonly checkpoints?: CheckpointStore;
  /** Name and place of the newest checkpoint that it has made, for messages. */
  lastCheckpoint?(): string | undefined;
  /** That it shows where a resumed fit goes on, so that the learner need not say it. @default false */
  readonly showsResume?: boolean;
  /** Handlers of other callbacks' signals, run at once, synchronously, at whatever event they are sent. */
  readonly signals?: Readonly<Record<string, (loop: FitLoop) => Sync>>;

  beforeFit?(loop: FitLoop): Wait;
  beforeEpoch?(loop: FitLoop): Wait;
  beforeTrain?(loop: FitLoop): Wait;
  /** Training and validation batches alike: look at `loop.phase`. */
  beforeBatch?(loop: BatchLoop): Wait;
  afterPred?(loop: PredLoop): Sync;
  afterLoss?(loop: LossLoop): Sync;
  afterBackward?(loop: StepLoop): Wait;
  beforeStep?(loop: StepLoop): Wait;
  /** Does not run for a step that was cancelled: it counts real steps. */
  afterStep?(loop: StepLoop): Wait;
  afterBatch?(loop: DoneBatchLoop): Wait;
  cleanupBatch?(loop: FitLoop): Wait;
  /**
   * After every training batch, after every epoch and once more before a stop that was asked for: nothing of a batch
   * is left, and the run could go on from here.
   */
  atRest?(loop: RestLoop): Wait;
  afterTrain?(loop: FitLoop): Wait;
  beforeValidate?(loop: FitLoop): Wait;
  afterValidate?(loop: FitLoop): Wait;
  afterEpoch?(loop: FitLoop): Wait;
  cleanupEpoch?(loop: FitLoop): Wait;
  afterFit?(loop: FitLoop): Wait;
  /** Frees what `beforeFit` made; also runs where `beforeFit` did not come to its end. */
  cleanupFit?(loop: FitLoop): Wait;

  /** What a checkpoint has to keep of this callback; asked at rest. The receiver owns its tensors. */
  state?(): CallbackState;
  /** Takes a `state()` back, after `beforeFit`; the caller keeps its tensors. */
  load?(state: CallbackState): void;
}

/** What an event may return: only a promise is waited for. */
export type Wait = void | Promise<void>;

/** What an event that nobody can wait for may return: a plain `void` would let an async function pass. */
export type Sync = Awaited<Wait> | undefined;

/** The parts of a step that a callback can say it changes. */
export type Slot =
  'batch' | 'pred' | 'loss' | 'grads' | 'weights' | 'lr' | 'momentum' | 'optimizerState';

/** State that a checkpoint can hold. */
export type CallbackState =
  | null
  | boolean
  | number
  | string
  | tf.Tensor
  | readonly CallbackState[]
  | { readonly [key: string]: CallbackState };

/** What every event sees of the run. */
export interface FitLoop {
  readonly model: Model;
  readonly optimizer: Optimizer;
  /** The trainable variables by name, as they were when the fit began. */
  readonly parameters: Parameters;
  /** The callbacks of this fit, in planned order: for those that tell of a run. */
  readonly plan: readonly Callback[];
  /** What the run is of: seed, data, metrics. Reads a sample of the data the first time. */
  fingerprint(): Promise<Fingerprint>;
  readonly phase: 'train' | 'valid';
  /** Epochs of this fit. */
  readonly epochs: number;
  /** The running epoch, from 0; in `afterFit` how many have ended. */
  readonly epoch: number;
  /** Optimizer steps done in this fit. */
  readonly step: number;
  /** Training batches begun in this fit before the running one. */
  readonly batch: number;
  /** Index of the running batch in its epoch and phase. */
  readonly batchInEpoch: number;
  /** Batches of one epoch of the running phase, where the data source knows. */
  readonly batchesPerEpoch: number | undefined;
  /** Training batches of the whole fit, where the data source knows. */
  readonly totalBatches: number | undefined;
  /** This fit's rows so far; complete up to the running epoch from `afterEpoch` on. */
  readonly history: History;
  /** The names of the figures that a row of this fit has, such as `trainLoss`, `validLoss` and the metrics. */
  readonly figures: readonly string[];
  readonly views: WeightViews;
  /** The named random stream of this learner: adding a callback changes nobody else's draws. */
  rng(name: string): Rng;
  /** Runs the handlers that other callbacks have for a signal, which some callback of the fit has to provide. */
  signal(name: string): void;
  /** The smoothed training loss so far. Waits for the device: ask seldom. NaN before the first batch. */
  readLoss(): Promise<number>;
  /** Where this fit goes on, if it was resumed. In `beforeFit`, epoch and step are not there yet. */
  readonly resumed: ResumePoint | undefined;
  /**
   * Asks for a clean end after this batch, with validation, as `learner.stop()` does. What is left can be done by
   * `resume`. The first reason given is the history's `ended`.
   */
  stop(reason?: string): void;
  /**
   * Makes the running epoch the last one, because the training has come to its end: an early stop. A run that was
   * finished stays so: `resume` does no more of it, unless something is meant to differ. The first reason given is the
   * history's `ended`.
   */
  finish(reason?: string): void;
  /**
   * Whether an end was asked for: then the running epoch is the last one. Seen from the next moment of rest on, so
   * that what a callback does for an end is never done in the middle of something that a checkpoint would keep.
   */
  readonly stopping: boolean;
}

/** The run is between two training batches or two epochs. */
export interface RestLoop extends FitLoop {
  /** Of the run, by chance: a fit that goes on with it has the same. */
  readonly id: string;
  /** What has just ended; a batch's `batchInEpoch` counts those that are done. */
  readonly rest: 'batch' | 'epoch';
  /** All that it takes to go on from here in another process. Waits for the device. The caller owns its tensors. */
  snapshot(): Promise<RunState>;
}

/**
 * A batch has arrived.
 *
 * Whoever assigns to `x`, `y` or `weights` gives the new tensors to the loop, which disposes of them, and of
 * those that they replace, after the batch. Tensors of the caller's own data are left alone.
 */
export interface BatchLoop extends FitLoop {
  x: Tensors;
  y: Target;
  /** `[n]`, or undefined where every example counts the same. */
  weights: tf.Tensor | undefined;
  /** Examples in this batch. */
  readonly size: number;
}

/** The model has answered. What is assigned here becomes part of the gradient. */
export interface PredLoop extends BatchLoop {
  pred: Tensors;
}

/** The loss is known: a scalar, the mean over the batch. What is assigned here is differentiated. */
export interface LossLoop extends PredLoop {
  loss: tf.Scalar;
}

/**
 * Gradients are known, by parameter name. The map belongs to the loop, which disposes of what is in it, and of
 * the gradients that were replaced, after the batch: a tensor put into it is given away, and one that is to
 * outlive the batch has to be cloned.
 */
export interface StepLoop extends BatchLoop {
  readonly pred: Tensors;
  readonly loss: tf.Scalar;
  readonly grads: Gradients;
}

/** A batch has ended, perhaps early: then `pred` and `loss` may be missing. */
export interface DoneBatchLoop extends BatchLoop {
  readonly pred: Tensors | undefined;
  readonly loss: tf.Scalar | undefined;
}
