import type * as tf from '@tensorflow/tfjs';
import type { Rng } from './rng.ts';
import type { Target } from './mixed-target.ts';
import type { Tensors } from './tensors.ts';

/** A batch: inputs, targets and, if examples count differently, a weight for each. */
export interface Batch {
  readonly x: Tensors;
  readonly y: Target;
  /** `[n]`; the loss becomes mean(weight · loss). */
  readonly weights?: tf.Tensor | undefined;
}

/** What a data source is told about the epoch that it is asked for. */
export interface EpochContext {
  readonly epoch: number;
  readonly phase: 'train' | 'valid';
  /** The stream that data order is drawn from. */
  readonly rng: Rng;
  /**
   * The batch to begin with: more than 0 only for a source that `seeks`, where a fit is resumed within an epoch. The
   * stream is then where it was at the epoch's beginning.
   * @default 0
   */
  readonly from?: number;
}

/** Counts the epochs that a data source has begun in its life, over all fits. */
export interface EpochCounter {
  begun(): number;
  /** Begins epochs and leaves them, up to a count. */
  skipTo(count: number): Promise<void>;
}

/** Yields an epoch's batches, as often as it is asked. */
export interface DataSource {
  /**
   * Batches an epoch, where that is known beforehand. An epoch of fewer is an error, as some data is missing; of more,
   * all are used, with a warning, as schedules count on this number.
   */
  readonly batches: number | undefined;
  /** Examples an epoch, where that is known beforehand. */
  readonly examples: number | undefined;
  /**
   * Who disposes of the tensors yielded: `'loop'`, which does so after each batch, or `'caller'`, who
   * keeps them.
   */
  readonly owner: 'loop' | 'caller';
  /**
   * Whether `epoch` begins at the batch asked for, without making those before it. Of other sources the loop takes
   * the batches before again and drops them. @default false
   */
  readonly seeks?: boolean;
  /** Of a source whose epochs depend on how many it has begun before. */
  readonly epochs?: EpochCounter;
  /** A text that differs where the data does, so that no fit is resumed on other data unnoticed. */
  digest?(): Promise<string>;
  epoch(context: EpochContext): Iterable<Batch> | AsyncIterable<Batch>;
}
