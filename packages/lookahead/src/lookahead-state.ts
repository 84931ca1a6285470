import * as tf from '@tensorflow/tfjs';
import type { CallbackState, Parameters } from '@tfloop/core';
import { snapshotOf, type Snapshot } from './snapshot.ts';

/** Where a cycle is, as a checkpoint keeps it. */
export interface Cycle {
  /** Steps since the last sync. */
  readonly steps: number;
  readonly slow: Snapshot;
  /** The momentum at the last sync, where it is pulled back. */
  readonly momentum: Snapshot | undefined;
}

/** The options that a checkpoint has to agree with. */
export interface CycleOptions {
  readonly k: number;
  readonly alpha: number;
  readonly momentum: string;
}

/** A cycle for a checkpoint, with tensors of its own. */
export function saveCycle(cycle: Cycle, options: CycleOptions): CallbackState {
  return {
    options: { ...options },
    steps: cycle.steps,
    slow: Object.fromEntries(snapshotOf(cycle.slow)),
    momentum: cycle.momentum ? Object.fromEntries(snapshotOf(cycle.momentum)) : null,
  };
}

/**
 * The cycle of a checkpoint, with tensors of its own.
 *
 * Throws where the checkpoint is of other options or other parameters, naming what differs, and then makes
 * nothing.
 */
export function loadCycle(
  state: CallbackState,
  options: CycleOptions,
  parameters: Parameters,
): Cycle {
  const saved = record(state);
  const savedOptions = record(saved['options']);
  for (const [name, value] of Object.entries(options))
    if (savedOptions[name] !== value)
      refuse(`its ${name} is ${JSON.stringify(savedOptions[name])}, here it is ${String(value)}`);
  const { steps } = saved;
  if (typeof steps !== 'number' || !Number.isInteger(steps) || steps < 0 || steps >= options.k)
    return refuse(`steps ${JSON.stringify(steps)} are no place in a cycle of ${options.k}`);
  const slow = tensors(saved['slow'], parameters);
  for (const name of parameters.keys())
    if (!slow.has(name)) refuse(`it has no slow weights of "${name}", which is trained here`);
  const momentum = saved['momentum'] === null ? undefined : tensors(saved['momentum'], parameters);
  return { steps, slow: snapshotOf(slow), momentum: momentum && snapshotOf(momentum) };
}

function tensors(state: CallbackState | undefined, parameters: Parameters): Snapshot {
  const found = new Map<string, tf.Tensor>();
  for (const [name, tensor] of Object.entries(record(state))) {
    if (!(tensor instanceof tf.Tensor)) return refuse(`"${name}" is not a tensor`);
    const parameter = parameters.get(name);
    if (!parameter) return refuse(`it is of "${name}" too, which is not trained here`);
    if (!tf.util.arraysEqual(tensor.shape, parameter.shape))
      return refuse(
        `its "${name}" has shape [${tensor.shape.join(', ')}], here it is [${parameter.shape.join(', ')}]`,
      );
    found.set(name, tensor);
  }
  return found;
}

function record(state: CallbackState | undefined): Readonly<Record<string, CallbackState>> {
  if (typeof state !== 'object' || state === null || Array.isArray(state))
    return refuse('it is not one of lookahead');
  if (state instanceof tf.Tensor) return refuse('it is a tensor');
  return state as Readonly<Record<string, CallbackState>>;
}

function refuse(difference: string): never {
  throw new Error(`lookahead: can't load this state: ${difference}`);
}
