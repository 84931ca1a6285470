import * as tf from '@tensorflow/tfjs';
import type { CallbackState } from '../callback.ts';
import type { LoopState } from '../loop-state.ts';
import type { ResumePoint } from './resume-point.ts';
import type { EpochPosition, Fingerprint, RunState } from './run-state.ts';
import { stateful } from './take-snapshot.ts';

/** What to go on from, and what goes on: where they differ, somebody has said that it is meant. */
export interface Resume {
  readonly state: RunState;
  readonly own: Fingerprint;
  readonly point: ResumePoint;
  /** How far the epoch has come that is to go on; null where it begins. */
  readonly inEpoch: EpochPosition | null;
  /** Whether the training data differs. */
  readonly otherData: boolean;
}

/**
 * Gives a run the weights and the optimizer's state of a snapshot, as far as they are of such a run; returns what begins
 * anew. Callbacks that begin anew then find them. The caller keeps the snapshot's tensors.
 */
export function restoreWeights({ model, optimizer }: LoopState, { state, own }: Resume): string[] {
  const anew: string[] = [];
  const given = Object.entries(state.weights);
  // Layers that were numbered anew have other names in the same order.
  const inOrder =
    given.length === model.variables.size &&
    !given.some(([name]) => model.variables.has(name)) &&
    [...model.variables.values()].every(({ shape }, i) => same(shape, given[i]?.[1].shape));
  [...model.variables].forEach(([name, variable], i) => {
    const weight = inOrder ? given[i]?.[1] : state.weights[name];
    if (weight && tf.util.arraysEqual(weight.shape, variable.shape)) variable.assign(weight);
    else anew.push(`the weight "${name}"`);
  });
  if (sameModel(state, own) && same(state.fingerprint.optimizer, own.optimizer))
    optimizer.load(state.optimizer);
  else {
    optimizer.reset();
    anew.push('the optimizer');
  }
  return anew;
}

/** Puts a run that has begun where a snapshot was taken; returns the callbacks that begin anew. */
export function restorePlace(loop: LoopState, resume: Resume): string[] {
  const { state, own, point, inEpoch } = resume;
  const { position, history, streams, callbacks } = state;
  loop.id = state.id;
  loop.streams.load(streams);
  loop.history.rows.push(...history);
  loop.epoch = position.epoch;
  loop.step = position.step;
  loop.batch = position.batch;
  loop.smooth.load(position.smoothLoss);
  if (point.finished !== undefined) loop.finish(point.finished);
  const anew = position.inEpoch && !inEpoch ? [`epoch ${position.epoch}`] : [];
  for (const { name, passive, load } of stateful(loop.plan)) {
    const saved = callbacks[name];
    const fits =
      sameOptions(name, state.fingerprint, own) && (sameModel(state, own) || !hasTensors(saved));
    if (saved !== undefined && fits) load(saved);
    else if (!passive) anew.push(name);
  }
  return anew;
}

function sameModel({ fingerprint }: RunState, own: Fingerprint): boolean {
  return same(fingerprint.model, own.model);
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Such states are about the model's variables. */
function hasTensors(state: CallbackState | undefined): boolean {
  if (typeof state !== 'object' || state === null) return false;
  return state instanceof tf.Tensor || Object.values(state).some(hasTensors);
}

/** Whether a callback has the options that it had; one that is in neither fingerprint is passive, and may have others. */
function sameOptions(name: string, saved: Fingerprint, own: Fingerprint): boolean {
  const [before, now] = [saved, own].map(({ callbacks }) =>
    callbacks.find((callback) => callback.name === name),
  );
  return before?.options === now?.options;
}

/** Makes data sources that count their epochs begin where they would have. Throws where they are beyond that. */
export async function restoreData(loop: LoopState, { state, otherData }: Resume): Promise<void> {
  const { dataEpochs } = state.position;
  for (const phase of ['train', 'valid'] as const) {
    const [count, epochs] = [dataEpochs[phase], loop[phase]?.epochs];
    if (count === null || !epochs || (phase === 'train' && otherData)) continue;
    if (epochs.begun() > count)
      throw new Error(
        `Learner.fit: resume: data.${phase} has begun ${epochs.begun()} epochs already, where the run had begun ${count}, and can't go back; make the data set and the learner anew`,
      );
    await epochs.skipTo(count);
  }
}
