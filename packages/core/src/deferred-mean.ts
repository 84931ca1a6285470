import * as tf from '@tensorflow/tfjs';
import type { MeanState } from './checkpoints/run-state.ts';

interface Value {
  readonly value: tf.Scalar;
  readonly examples: number;
  readonly times: number;
}

/**
 * A mean over examples of scalars that stay on the device until somebody asks.
 *
 * Values are read together, in the order in which they came.
 */
export class DeferredMean {
  #pending: Value[] = [];
  /** Read already, and perhaps still looked at by the batch that they are of. */
  #spent: tf.Scalar[] = [];
  #reading: Promise<void> = Promise.resolve();
  #total = 0;
  #examples = 0;
  readonly #onValue: ((value: number) => void) | undefined;

  /** `onValue` sees every value once it has been read. */
  constructor(onValue?: (value: number) => void) {
    this.#onValue = onValue;
  }

  /** How many values wait to be read. */
  get pending(): number {
    return this.#pending.length;
  }

  /**
   * Takes over a scalar about so many examples: their mean, or their sum with `times` = 1. It lives at least until
   * the next one comes.
   */
  add(value: tf.Scalar, examples: number, times = examples): void {
    this.#freeSpent();
    this.#pending.push({ value, examples, times });
  }

  /** The mean of all that was added; NaN of nothing. Waits for the device. */
  async read(): Promise<number> {
    const batch = this.#pending;
    this.#pending = [];
    // Readers that don't wait for each other must not change the order of the values.
    this.#reading = this.#reading.then(() => this.#fold(batch));
    await this.#reading;
    return this.#total / this.#examples;
  }

  /** What the mean is made of so far. Waits for the device. */
  async state(): Promise<MeanState> {
    await this.read();
    return [this.#total, this.#examples];
  }

  /** Goes on from a state, whatever was added before. */
  load([total, examples]: MeanState): void {
    this.reset();
    this.#total = total;
    this.#examples = examples;
  }

  /** Forgets everything. */
  reset(): void {
    this.#freeSpent();
    tf.dispose(this.#pending.map(({ value }) => value));
    this.#pending = [];
    this.#reading = Promise.resolve();
    this.#total = 0;
    this.#examples = 0;
  }

  #freeSpent(): void {
    for (const scalar of this.#spent) scalar.dispose();
    this.#spent.length = 0;
  }

  async #fold(batch: readonly Value[]): Promise<void> {
    if (batch.length === 0) return;
    const scalars = batch.map(({ value }) => value);
    const stacked = tf.stack(scalars);
    this.#spent.push(...scalars);
    const values = await stacked.data();
    stacked.dispose();
    batch.forEach(({ examples, times }, i) => {
      const value = values[i] ?? NaN;
      this.#total += value * times;
      this.#examples += examples;
      this.#onValue?.(value);
    });
  }
}
