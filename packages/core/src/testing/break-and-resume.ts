import * as tf from '@tensorflow/tfjs';
import type { Callback, CallbackState, FitLoop } from '../callback.ts';
import { checkpoint } from '../checkpoints/checkpoint.ts';
import { readCheckpoint } from '../checkpoints/checkpoint-files.ts';
import type { CheckpointStore } from '../checkpoints/checkpoint-store.ts';
import { findCheckpoint } from '../checkpoints/find-checkpoint.ts';
import type { RunState } from '../checkpoints/run-state.ts';
import { disposeRunState } from '../checkpoints/take-snapshot.ts';
import { EVENTS, type EventName } from '../events.ts';
import { CallbackError } from '../fire.ts';
import { memoryStore } from './memory-store.ts';
import { toyProblem, type ToyProblemOptions } from './toy-problem.ts';

/** When a fit is broken off, and how often it makes checkpoints. */
export interface Break {
  /** As by the end of its process, or by a `stop()` that lets it end cleanly. */
  readonly how: 'killed' | 'stopped';
  readonly event: EventName;
  /** At which of the event's occurrences, from 0; a fit that has fewer is not broken off. */
  readonly occurrence: number;
  /** Before all other callbacks of the event, or after them. */
  readonly first: boolean;
  /** Optimizer steps between two checkpoints. */
  readonly every: number;
}

const EPOCHS = 2;

/**
 * All of a toy problem's fit at its end, as plain values that compare, and how often each event came.
 */
export async function unbroken(
  list: () => Callback[],
  options: ToyOptions = {},
): Promise<{ state: unknown; occurrences: ReadonlyMap<EventName, number> }> {
  const store = memoryStore();
  const occurrences = new Map<EventName, number>();
  const count = (event: EventName) => (): void => {
    occurrences.set(event, (occurrences.get(event) ?? 0) + 1);
  };
  const counter: Callback = {
    name: 'counter',
    passive: true,
    ...Object.fromEntries<() => void>(EVENTS.map((event) => [event, count(event)])),
  };
  await run([...list(), counter], store, 1, options);
  return { state: await lastState(store), occurrences };
}

/** The same of a fit that was broken off and then resumed by a new learner from its newest checkpoint. */
export async function brokenAndResumed(
  list: () => Callback[],
  { how, event, occurrence, first, every }: Break,
  options: ToyOptions = {},
): Promise<unknown> {
  const store = memoryStore();
  let left = occurrence;
  const breakOff = (loop: FitLoop): void => {
    if (left-- !== 0) return;
    if (how === 'killed') throw new Error(how);
    loop.stop();
  };
  const breaker: Callback = {
    name: 'breaker',
    passive: true,
    order: first ? -1e9 : 1e9,
    [event]: breakOff,
  };
  try {
    await run([...list(), breaker], store, every, options);
  } catch (error) {
    if (!(error instanceof CallbackError && error.callback === 'breaker')) throw error;
  }
  await run(list(), store, every, options);
  return lastState(store);
}

/** How to make the toy problem anew for every process there would be. */
export type ToyOptions = Omit<ToyProblemOptions, 'optimizer'> & {
  /** @default testOptimizer */
  readonly createOptimizer?: () => NonNullable<ToyProblemOptions['optimizer']>;
};

async function run(
  callbacks: readonly Callback[],
  store: CheckpointStore,
  every: number,
  { createOptimizer, ...options }: ToyOptions,
): Promise<void> {
  const optimizer = createOptimizer?.();
  const { learner, dispose } = toyProblem({ ...options, ...(optimizer && { optimizer }) });
  // Resumed hundreds of times, and nobody has to be told.
  learner.on('resume', () => undefined);
  const best = { metric: 'validLoss', mode: 'min' } as const;
  const saves = checkpoint({ dir: store, every: { steps: every }, best });
  try {
    await learner.fit(EPOCHS, [...callbacks, saves], { resume: 'auto' });
  } finally {
    dispose();
  }
}

/** The newest checkpoint, in numbers. */
async function lastState(store: CheckpointStore): Promise<unknown> {
  const { found } = await findCheckpoint(store);
  if (!found) throw new Error('the fit has made no checkpoint');
  const state = await readCheckpoint(store, found.name);
  disposeRunState(found.state);
  try {
    return comparable(state);
  } finally {
    disposeRunState(state);
  }
}

function comparable(state: RunState): unknown {
  // Passive ones keep names of files and the like, which are no part of the training.
  const active = state.fingerprint.callbacks.map(({ name }) => [
    name,
    state.callbacks[name] ?? null,
  ]);
  const callbacks: unknown = Object.fromEntries(active);
  const history = state.history.map((row) => ({ ...row, seconds: 0 }));
  return numbersIn({ ...state, id: '', callbacks, history } as unknown as CallbackState);
}

/** A copy in which every tensor is its shape and its values, bit for bit: a -0 is no 0. */
function numbersIn(value: CallbackState): unknown {
  if (value instanceof tf.Tensor)
    return { shape: value.shape, values: Array.from(value.dataSync(), exactly) };
  if (typeof value === 'number') return exactly(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(numbersIn);
  // Files sort their tensors by name, and which is first changes nothing.
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, one]) => [key, numbersIn(one)]));
}

function exactly(value: number): number | string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? value : String(value);
}
