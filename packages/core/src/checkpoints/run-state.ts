import type * as tf from '@tensorflow/tfjs';
import type { CallbackState } from '../callback.ts';
import type { HistoryRow } from '../history.ts';
import type { OptimizerState } from '../optimizer.ts';
import type { RngState } from '../rng.ts';

/**
 * All that a fit needs to go on exactly where it was, at rest: between two training batches or two epochs.
 *
 * Whoever receives one owns its tensors.
 */
export interface RunState {
  /** Of the run, by chance: fits that go on with it have the same, any other has another. */
  readonly id: string;
  /** What the run is of, so that another one can't go on from it unnoticed. */
  readonly fingerprint: Fingerprint;
  readonly position: Position;
  /** Rows of the epochs that have ended. */
  readonly history: readonly HistoryRow[];
  /** Random streams by name. */
  readonly streams: Readonly<Record<string, RngState>>;
  /** All variables of the model by name, trainable or not; the trained ones as the optimizer left them. */
  readonly weights: Readonly<Record<string, tf.Tensor>>;
  /** The weights that validation shows, where they are others: those of the trained variables. */
  readonly view: WeightView | undefined;
  readonly optimizer: OptimizerState;
  /** What `state()` gave, by callback name. */
  readonly callbacks: Readonly<Record<string, CallbackState>>;
}

/** Weights that a callback offers besides the trained ones. */
export interface WeightView {
  readonly name: string;
  readonly weights: Readonly<Record<string, tf.Tensor>>;
}

/** What has to be the same for a run to go on exactly; plain JSON. */
export interface Fingerprint {
  readonly epochs: number;
  readonly seed: number;
  /** Variables in the model's order. */
  readonly model: readonly VariableFingerprint[];
  /** A digest of the layers and their options, without names; null where the model is none of layers. */
  readonly layers: string | null;
  readonly optimizer: CallbackFingerprint;
  /** The loss function's title, or its source. */
  readonly loss: string;
  readonly data: { readonly train: DataFingerprint; readonly valid: DataFingerprint | null };
  /** Names of the metrics, and whether they are measured in training. */
  readonly metrics: readonly string[];
  readonly trainMetrics: boolean;
  /** Those that take part in the training, in planned order, with their options. */
  readonly callbacks: readonly CallbackFingerprint[];
  /** The TensorFlow.js back end: another one computes other last bits. */
  readonly backend: string;
}

/** A variable as checkpoints compare it. */
export interface VariableFingerprint {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly trainable: boolean;
}

/** A data source as checkpoints compare it: `null` is what it does not know. */
export interface DataFingerprint {
  readonly batches: number | null;
  readonly examples: number | null;
  /** Of the data's contents, where the source tells. */
  readonly digest: string | null;
}

/** A callback, or an optimizer, as checkpoints compare it. */
export interface CallbackFingerprint {
  readonly name: string;
  /** As JSON text, so that every kind of value compares. */
  readonly options: string;
}

/** Where in the fit a state was taken. */
export interface Position {
  /** The running epoch, or between epochs the next one. */
  readonly epoch: number;
  readonly step: number;
  readonly batch: number;
  /** The smoothed loss's sum and count. */
  readonly smoothLoss: readonly [sum: number, count: number];
  /** Epochs that the data sources had begun before the one to go on with, of those that count them. */
  readonly dataEpochs: { readonly train: number | null; readonly valid: number | null };
  /** Why a callback has finished the run with the epoch that is running or has just ended; missing where none has. */
  readonly finished?: string;
  /** Inside an epoch, between two of its training batches. */
  readonly inEpoch: EpochPosition | null;
}

/** How far an epoch has come. */
export interface EpochPosition {
  /** Training batches done. */
  readonly batches: number;
  /** The stream of the data order as it was when the epoch began. */
  readonly dataOrder: RngState;
  /** A digest of its first batch, of data that can't seek. */
  readonly firstBatch: string | null;
  /** Wall time spent in it so far. */
  readonly seconds: number;
  /** Sums of the epoch's means so far. */
  readonly trainLoss: MeanState;
  readonly trainMetrics: Readonly<Record<string, MeanState>>;
  /** Batches left out because of numbers that are not finite. @default 0 */
  readonly skipped?: number;
}

/** A mean over examples: their sum and their number. */
export type MeanState = readonly [total: number, examples: number];
