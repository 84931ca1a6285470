import * as tf from '@tensorflow/tfjs';
import type { CallbackState } from '@tfloop/core';

/** Numbers of a row by key. */
export type NumberRow = Readonly<Record<string, number>>;

/** Rows whose numbers are on the device in part. */
export interface BatchRows {
  /** Adds a row; the scalars are those of the batch, which keeps them. */
  add(row: NumberRow, scalars: Readonly<Record<string, tf.Tensor>>): void;
  /** Resolves when all rows so far are given. */
  flush(): Promise<void>;
  /** The rows that are not given yet. The receiver owns its tensors. */
  state(): CallbackState;
  /** Takes them back; the caller keeps its tensors. */
  load(state: CallbackState): void;
  dispose(): void;
}

interface Row {
  readonly row: NumberRow;
  readonly scalars: Readonly<Record<string, tf.Tensor>>;
}

/** Rows that wait for the device at most, and how many milliseconds one may wait. */
const MOST_WAITING = 64;
const LONGEST_WAIT = 100;

/** Back ends whose tensors are in the host's memory: reading one waits for nothing. */
const HOST_BACKENDS = ['cpu', 'wasm', 'tensorflow'];

/**
 * Gives rows on, each as soon as its numbers are known, in the order in which they came.
 *
 * Where tensors are on a device, many rows are read together and nobody waits; `onError` is told where that fails.
 */
export function batchRows(
  give: (row: NumberRow) => void,
  onError: (error: unknown) => void,
): BatchRows {
  const waiting: Row[] = [];
  let reading: Promise<void> | undefined;
  let lastRead = performance.now();

  const read = async (): Promise<void> => {
    lastRead = performance.now();
    const rows = waiting.slice();
    const scalars = rows.flatMap((row) => Object.values(row.scalars));
    const stacked = scalars.length > 0 ? tf.tidy(() => tf.stack(scalars.map(asFloat))) : undefined;
    const values = stacked ? await stacked.data() : [];
    stacked?.dispose();
    let at = 0;
    for (const { row, scalars: own } of rows) {
      // Gone in the meantime, because the fit has ended badly.
      if (waiting.shift() === undefined) return;
      const read = Object.keys(own).map((key) => [key, values[at++] ?? NaN] as const);
      tf.dispose(Object.values(own));
      give({ ...row, ...Object.fromEntries(read) });
    }
  };
  const startReading = (): Promise<void> =>
    (reading ??= read()
      .catch(onError)
      .finally(() => {
        reading = undefined;
      }));

  return {
    add(row, scalars) {
      if (waiting.length === 0 && HOST_BACKENDS.includes(tf.getBackend())) {
        const read: Record<string, number> = { ...row };
        for (const key in scalars) read[key] = scalars[key]?.dataSync()[0] ?? NaN;
        give(read);
        return;
      }
      waiting.push({ row, scalars: clones(scalars) });
      if (waiting.length >= MOST_WAITING || performance.now() - lastRead > LONGEST_WAIT)
        void startReading();
    },
    async flush() {
      while (waiting.length > 0) await startReading();
    },
    state: () => waiting.map(({ row, scalars }) => ({ row: { ...row }, scalars: clones(scalars) })),
    load(state) {
      for (const { row, scalars } of state as unknown as Row[])
        waiting.push({ row, scalars: clones(scalars) });
    },
    dispose() {
      for (const { scalars } of waiting.splice(0)) tf.dispose(Object.values(scalars));
    },
  };
}

function clones(scalars: Row['scalars']): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(scalars).map(([key, scalar]) => [key, tf.clone(scalar)]),
  );
}

function asFloat(scalar: tf.Tensor): tf.Tensor {
  return scalar.asScalar().toFloat();
}
