import * as tf from '@tensorflow/tfjs';
import type { CallbackState } from '@tfloop/core';

/** Numbers of a row by key. */
export type NumberRow = Record<string, number>;

/** Rows whose numbers are on the device in part. */
export interface BatchRows {
  /** Adds a row, which is filled up; the scalars are those of the batch, which keeps them. */
  add(row: NumberRow, scalars: Readonly<Record<string, tf.Tensor>>): void;
  /** Resolves when all rows so far are given. Rejects once with what went wrong since the last time. */
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

/** Whether tensors are in the host's memory. */
function onHost(): boolean {
  return HOST_BACKENDS.includes(tf.getBackend());
}

/**
 * Gives rows on, each as soon as its numbers are known, in the order in which they came.
 *
 * Where tensors are on a device, many rows are read together and nobody waits. What can't be read is left out of its
 * row, and the next `flush` throws the reason.
 */
export function batchRows(give: (row: NumberRow) => void, isReadable = onHost): BatchRows {
  const waiting: Row[] = [];
  let reading: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;
  let lastRead = performance.now();

  const read = async (): Promise<void> => {
    lastRead = performance.now();
    const rows = waiting.slice();
    let values: ArrayLike<number> | undefined;
    try {
      values = await valuesOf(rows.flatMap(({ scalars }) => Object.values(scalars)));
    } catch (error) {
      failure = { error };
    }
    let at = 0;
    for (const { row, scalars } of rows) {
      // Gone in the meantime, because the fit has ended badly.
      if (waiting.shift() === undefined) return;
      if (values) for (const key in scalars) row[key] = values[at++] ?? NaN;
      tf.dispose(scalars);
      try {
        give(row);
      } catch (error) {
        failure = { error };
      }
    }
  };
  const startReading = (): Promise<void> =>
    (reading ??= read().finally(() => {
      reading = undefined;
    }));

  return {
    add(row, scalars) {
      if (waiting.length === 0 && isReadable()) {
        for (const key in scalars) row[key] = scalars[key]?.dataSync()[0] ?? NaN;
        give(row);
        return;
      }
      waiting.push({ row, scalars: clones(scalars) });
      if (waiting.length >= MOST_WAITING || performance.now() - lastRead > LONGEST_WAIT)
        void startReading();
    },
    async flush() {
      while (waiting.length > 0) await startReading();
      const failed = failure;
      failure = undefined;
      if (failed) throw failed.error;
    },
    state: () => waiting.map(({ row, scalars }) => ({ row: { ...row }, scalars: clones(scalars) })),
    load(state) {
      for (const { row, scalars } of state as unknown as Row[])
        waiting.push({ row: { ...row }, scalars: clones(scalars) });
    },
    dispose() {
      for (const { scalars } of waiting.splice(0)) tf.dispose(scalars);
    },
  };
}

function clones(scalars: Row['scalars']): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(scalars).map(([key, scalar]) => [key, tf.clone(scalar)]),
  );
}

async function valuesOf(scalars: readonly tf.Tensor[]): Promise<ArrayLike<number>> {
  if (scalars.length === 0) return [];
  const stacked = tf.tidy(() => tf.stack(scalars.map((scalar) => scalar.asScalar().toFloat())));
  try {
    return await stacked.data();
  } finally {
    stacked.dispose();
  }
}
