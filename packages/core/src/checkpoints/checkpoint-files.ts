import * as tf from '@tensorflow/tfjs';
import { sha256 } from '../sha256.ts';
import type { CheckpointStore } from './checkpoint-store.ts';
import { DamagedCheckpointError } from './damaged-checkpoint-error.ts';
import { toDevice, toHost, type HostTensor } from './host-tensor.ts';
import { fromPlain, toPlain } from './plain-state.ts';
import type { Fingerprint, Position, RunState } from './run-state.ts';
import { encodeSafetensors } from './safetensors.ts';
import { encodeStateFile, positionIn, STATE, type FileSum, type StateFile } from './state-file.ts';
import { asWrittenAtOnce, placeOf, readHosts, readState } from './whole-files.ts';

export { STATE };
export const WEIGHTS = 'weights.safetensors';
const OPTIMIZER = 'optimizer.safetensors';
const CALLBACKS = 'callbacks.safetensors';

type NamedTensors = Map<string, tf.Tensor>;

/** What a checkpoint says of itself, without its tensors. */
export interface CheckpointHead {
  /** Milliseconds since 1970, later than those of all checkpoints that the store had then. */
  readonly savedAt: number;
  readonly position: Position;
  /** That of the run. */
  readonly id: string;
}

/** Writes a state as the checkpoint of a name, at once or not at all; the caller keeps the state's tensors. */
export async function writeCheckpoint(
  store: CheckpointStore,
  name: string,
  { weights, view, optimizer, callbacks, ...rest }: RunState,
): Promise<void> {
  const ofOptimizer: NamedTensors = new Map();
  const ofCallbacks: NamedTensors = new Map();
  const { slots, ...figures } = optimizer;
  const run = {
    ...(toPlain(rest, new Map()) as StateFile['run']),
    view: view?.name ?? null,
    optimizer: {
      ...(toPlain(figures, new Map()) as StateFile['run']),
      slots: toPlain(slots, ofOptimizer),
    },
    callbacks: toPlain(callbacks, ofCallbacks),
  };
  const tensors = new Map<string, Iterable<readonly [string, tf.Tensor]>>();
  tensors.set(WEIGHTS, Object.entries(weights));
  tensors.set(OPTIMIZER, ofOptimizer);
  if (ofCallbacks.size > 0) tensors.set(CALLBACKS, ofCallbacks);
  if (view) tensors.set(viewFile(view.name), Object.entries(view.weights));
  // All reads of the device have begun before the first is waited for.
  const read = [...tensors].map(async ([file, named]) => [file, await toHost(named)] as const);
  const files = new Map<string, readonly Uint8Array[]>();
  for (const [file, hosts] of await Promise.all(read)) files.set(file, encodeSafetensors(hosts));
  const savedAt = await timeAfterAll(store);
  files.set(STATE, [await encodeStateFile({ savedAt, files: await sumsOf(files), run })]);
  await store.write(name, files);
}

/**
 * Reads a checkpoint; the caller owns its tensors.
 *
 * Throws a {@link DamagedCheckpointError} where it is not as it was written, and a {@link NewerSchemaError}.
 */
export function readCheckpoint(store: CheckpointStore, name: string): Promise<RunState> {
  return asWrittenAtOnce(store, name, async ({ files, run }) => {
    const view = run['view'] as string | null;
    const [weights, optimizer, callbacks, viewed] = await Promise.all([
      readHosts(store, name, WEIGHTS, files),
      readHosts(store, name, OPTIMIZER, files),
      files[CALLBACKS] ? readHosts(store, name, CALLBACKS, files) : new Map<string, HostTensor>(),
      view === null ? undefined : readHosts(store, name, viewFile(view), files),
    ]);
    const made: tf.Tensor[] = [];
    const tensorsOf = (hosts: ReadonlyMap<string, HostTensor>): NamedTensors => {
      const tensors = toDevice(hosts);
      made.push(...tensors.values());
      return tensors;
    };
    try {
      return runStateOf(placeOf(store, name), run, {
        weights: tensorsOf(weights),
        optimizer: tensorsOf(optimizer),
        callbacks: tensorsOf(callbacks),
        view: viewed && tensorsOf(viewed),
      });
    } catch (error) {
      tf.dispose(made);
      throw error;
    }
  });
}

/** Reads when a checkpoint was made, where in the run and of which. Throws as {@link readCheckpoint} does. */
export async function readHead(store: CheckpointStore, name: string): Promise<CheckpointHead> {
  const state = await readState(store, name);
  return { savedAt: state.savedAt, position: positionIn(state), id: state.run['id'] as string };
}

/**
 * Reads only weights, by default those that were validated; the caller owns them.
 *
 * A view holds the trained weights, the others come from the model's own. Throws an Error where the checkpoint has no
 * such view, and as {@link readCheckpoint} does.
 */
export function readWeights(
  store: CheckpointStore,
  name: string,
  view?: string,
): Promise<Record<string, tf.Tensor>> {
  return asWrittenAtOnce(store, name, async ({ files, run }) => {
    const saved = run['view'] as string | null;
    const wanted = view ?? saved ?? 'fast';
    if (wanted !== 'fast' && wanted !== saved)
      throw new RangeError(
        `the checkpoint ${placeOf(store, name)} has no weights "${wanted}", only "fast"${saved === null ? '' : ` and "${saved}"`}`,
      );
    const hosts = await readHosts(store, name, WEIGHTS, files);
    const shown = wanted === 'fast' ? [] : await readHosts(store, name, viewFile(wanted), files);
    const tensors = toDevice(new Map([...hosts, ...shown]));
    return inModelOrder(Object.fromEntries(tensors), fingerprintIn(run));
  });
}

/** Files sort their tensors by name; a model's order is that of its variables. */
export function inModelOrder(
  weights: Readonly<Record<string, tf.Tensor>>,
  { model }: Pick<Fingerprint, 'model'>,
): Record<string, tf.Tensor> {
  const places = new Map(model.map(({ name }, i) => [name, i]));
  const place = (name: string): number => places.get(name) ?? places.size;
  return Object.fromEntries(Object.entries(weights).sort(([a], [b]) => place(a) - place(b)));
}

function fingerprintIn(run: StateFile['run']): Fingerprint {
  return fromPlain(run['fingerprint'] ?? null, new Map()) as Fingerprint;
}

function runStateOf(
  place: string,
  { view, optimizer = null, callbacks = null, ...figures }: StateFile['run'],
  tensors: Record<'weights' | 'optimizer' | 'callbacks', NamedTensors> & {
    readonly view: NamedTensors | undefined;
  },
): RunState {
  try {
    const state = {
      ...(fromPlain(figures, new Map()) as RunState),
      weights: inModelOrder(Object.fromEntries(tensors.weights), fingerprintIn(figures)),
      view: tensors.view && { name: view as string, weights: Object.fromEntries(tensors.view) },
      optimizer: fromPlain(optimizer, tensors.optimizer) as RunState['optimizer'],
      callbacks: fromPlain(callbacks, tensors.callbacks) as RunState['callbacks'],
    };
    for (const unused of [...tensors.optimizer.keys(), ...tensors.callbacks.keys()])
      throw new Error(`nothing in it refers to the tensor "${unused}"`);
    return state;
  } catch (error) {
    throw new DamagedCheckpointError(place, STATE, error);
  }
}

async function sumsOf(
  files: ReadonlyMap<string, readonly Uint8Array[]>,
): Promise<Record<string, FileSum>> {
  const sums: Record<string, FileSum> = {};
  for (const [file, chunks] of files)
    sums[file] = {
      bytes: chunks.reduce((bytes, { length }) => bytes + length, 0),
      sha256: await sha256(chunks),
    };
  return sums;
}

/** Now, but after what is there already, even if the clock went back. */
async function timeAfterAll(store: CheckpointStore): Promise<number> {
  let time = Date.now();
  for (const name of await store.list()) {
    const other = await readHead(store, name).catch(() => undefined);
    if (other) time = Math.max(time, other.savedAt + 1);
  }
  return time;
}

/** A view may have any name, a file may not. */
function viewFile(view: string): string {
  const name = encodeURIComponent(view).replace(
    /[*~]/g,
    (character) => `%${character.charCodeAt(0).toString(16)}`,
  );
  return `weights.${name}.safetensors`;
}
