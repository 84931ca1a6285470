import type * as tf from '@tensorflow/tfjs';
import type { EventName } from '../events.ts';

/**
 * The loop's own work, where it has a row:
 *
 * - `data`: the source makes the next batch
 * - `model`: the forward pass
 * - `loss`: the loss function
 * - `backward`: the gradients
 * - `optimizer`: its step
 * - `metrics`: metrics of a batch
 * - `figures`: losses and metrics are read from the device, for the history
 * - `observers`: whoever listens with `learner.on`
 * - `loop`: all the rest of the fit
 */
export const LOOP_PARTS = [
  'data',
  'model',
  'loss',
  'backward',
  'optimizer',
  'metrics',
  'figures',
  'observers',
  'loop',
] as const;

/** A part of the loop's own work: see {@link LOOP_PARTS}. */
export type LoopPart = (typeof LOOP_PARTS)[number];

/** What a row is about. */
export interface LedgerPlace {
  /** The callback's name; null where it is the loop's own work. */
  readonly callback: string | null;
  /** The event, such as `afterStep`; the handler of a signal, such as `signals["lookahead-sync"]`; a part of the loop. */
  readonly event: EventName | LoopPart | `signals[${string}]`;
  readonly phase: 'train' | 'valid';
}

/**
 * What one callback did in one event, or the loop in one of its parts, summed over the calls of a fit.
 *
 * Tensors and bytes are counted as `tf.memory()` counts them: a variable is a tensor, a clone is one with as many bytes
 * as the first, strings have none. What runs within a call and has a row of its own, such as the handler of a signal
 * or an event inside the gradient tape, is not in this one.
 */
export interface LedgerRow extends LedgerPlace {
  readonly calls: number;
  /** Wall time, waiting included. Back ends with a device of their own may work on after it. */
  readonly seconds: number;
  /** Tensors made in the calls, intermediate ones too. */
  readonly made: number;
  /** Of those made in each call how many were alive at its end; inside the tape, intermediate ones are until it closes. */
  readonly kept: number;
  readonly keptBytes: number;
  /** Of those made how many were alive when the fit had ended, and neither the model's nor the optimizer's. */
  readonly leaked: number;
  readonly leakedBytes: number;
  /** The most bytes that tensors of one call had at once, while it ran. */
  readonly peakBytes: number;
  /** How often values were read back from the device, by `data()`, `dataSync()` and what uses them, or by kernels. */
  readonly readBacks: number;
  /** What was leaked, by dtype and shape. */
  readonly leaks: readonly LeakedTensors[];
}

/** Leaked tensors of one dtype and shape. */
export interface LeakedTensors {
  readonly dtype: tf.DataType;
  readonly shape: readonly number[];
  readonly count: number;
}

/** A row's place in words. */
export function titleOf({ callback, event, phase }: LedgerPlace): string {
  const title = callback === null ? `the loop's ${event}` : `${callback}.${event}`;
  return phase === 'valid' ? `${title} in validation` : title;
}

/** One key for each place. */
export function keyOf({ callback, event, phase }: LedgerPlace): string {
  return JSON.stringify([callback, event, phase]);
}
