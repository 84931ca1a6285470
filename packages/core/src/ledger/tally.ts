import type * as tf from '@tensorflow/tfjs';
import type { LeakedTensors, LedgerPlace, LedgerRow } from './ledger-row.ts';

/** A row that is still being added to. */
export class Tally {
  readonly #place: LedgerPlace;
  readonly #leaks = new Map<string, { dtype: tf.DataType; shape: number[]; count: number }>();
  calls = 0;
  seconds = 0;
  made = 0;
  kept = 0;
  keptBytes = 0;
  leakedBytes = 0;
  peakBytes = 0;
  readBacks = 0;

  constructor(place: LedgerPlace) {
    this.#place = place;
  }

  leak({ dtype, shape }: { dtype: tf.DataType; shape: number[] }, bytes: number): void {
    const key = `${dtype} ${shape.join()}`;
    const like = this.#leaks.get(key) ?? { dtype, shape, count: 0 };
    like.count++;
    this.#leaks.set(key, like);
    this.leakedBytes += bytes;
  }

  row(): LedgerRow {
    const { calls, seconds, made, kept, keptBytes, leakedBytes, peakBytes, readBacks } = this;
    const leaks: LeakedTensors[] = [...this.#leaks.values()];
    const leaked = leaks.reduce((sum, { count }) => sum + count, 0);
    return {
      ...this.#place,
      calls,
      seconds,
      made,
      kept,
      keptBytes,
      leaked,
      leakedBytes,
      peakBytes,
      readBacks,
      leaks,
    };
  }
}
