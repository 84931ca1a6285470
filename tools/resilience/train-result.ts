import type { HistoryRow } from '@tfloop/core';

/** Where a run keeps its checkpoints, in its folder. */
export const CHECKPOINTS = 'checkpoints';

/** The file with what came of a run. */
export const RESULT = 'result.json';

/**
 * What a training process is about to do, and the byte by which it says so: to start, to go on from a checkpoint, what
 * follows each batch, to write a checkpoint, to end an epoch, to end the fit, which has nothing left to train.
 */
export const STAGES = {
  'start-up': 's',
  resume: 'r',
  batches: '.',
  checkpoint: 'c',
  'epoch end': 'e',
  'fit end': 'f',
} as const;

/** A name of them. */
export type Stage = keyof typeof STAGES;

/** Batches between a run's checkpoints. */
export const CHECKPOINT_EVERY = 7;

/** Batches of a run's epoch. */
export const BATCHES_PER_EPOCH = 25;

/** What came of a run. */
export interface Result {
  /** Weights and the optimizer's slots; `bytes` in base64. */
  readonly tensors: readonly { readonly name: string; readonly bytes: string }[];
  /** Without times. */
  readonly history: readonly HistoryRow[];
  /** The folder of the run's Weights & Biases log. */
  readonly log: string;
}

/** How many bits of two runs' tensors differ; infinitely many where they have other ones, or another history. */
export function differingBits(a: Result, b: Result): number {
  const names = (result: Result) => JSON.stringify(result.tensors.map(({ name }) => name));
  if (names(a) !== names(b) || JSON.stringify(a.history) !== JSON.stringify(b.history))
    return Infinity;
  const bits = a.tensors.map(({ bytes }, i) => differing(bytes, b.tensors[i]?.bytes ?? ''));
  return bits.reduce((sum, count) => sum + count, 0);
}

function differing(a: string, b: string): number {
  const [one, other] = [Buffer.from(a, 'base64'), Buffer.from(b, 'base64')];
  if (one.length !== other.length) return Infinity;
  let bits = 0;
  for (const [i, byte] of one.entries())
    for (let rest = byte ^ (other[i] ?? 0); rest > 0; rest >>= 1) bits += rest & 1;
  return bits;
}
