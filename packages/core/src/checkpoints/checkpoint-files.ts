import * as tf from '@tensorflow/tfjs';
import { sha256 } from '../sha256.ts';
import type { CallbackState } from '../callback.ts';
import type { HistoryRow } from '../history.ts';
import type { OptimizerState } from '../optimizer.ts';
import type { RngState } from '../rng.ts';
import type { CheckpointStore } from './checkpoint-store.ts';
import { DamagedCheckpointError } from './damaged-checkpoint-error.ts';
import { toDevice, toHost } from './host-tensor.ts';
import { fromPlain, toPlain, type Json } from './plain-state.ts';
import type { Fingerprint, Position, RunState } from './run-state.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

/** The layout of `state.json`. It grows when an older reader would misunderstand a newer file. */
const SCHEMA = 1;

export const STATE = 'state.json';
const WEIGHTS = 'weights.safetensors';
const OPTIMIZER = 'optimizer.safetensors';
const CALLBACKS = 'callbacks.safetensors';
const viewFile = (view: string): string => `weights.${encodeURIComponent(view)}.safetensors`;

/** What `state.json` says besides the figures of the run. */
interface StateFile {
  readonly format: 'tfloop checkpoint';
  readonly schema: number;
  /** SHA-256 of the rest: of the compact JSON text of `files` and `run`. */
  readonly digest: string;
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
  /** As {@link PlainRun} in plain JSON. */
  readonly run: Json;
}

/** A run state without its tensors. */
interface PlainRun {
  /** Milliseconds since 1970. */
  readonly savedAt: number;
  readonly tfjs: string;
  readonly fingerprint: Fingerprint;
  readonly position: Position;
  readonly history: readonly HistoryRow[];
  readonly streams: Readonly<Record<string, RngState>>;
  readonly view: string | null;
  readonly optimizer: Omit<OptimizerState, 'slots'>;
  readonly callbacks: Readonly<Record<string, CallbackState>>;
}

/** What a checkpoint says of itself, without its tensors. */
export interface CheckpointHead {
  /** Milliseconds since 1970. */
  readonly savedAt: number;
  readonly position: Position;
}

type NamedTensors = Map<string, tf.Tensor>;

/** Writes a state as the checkpoint of a name; the caller keeps the state's tensors. */
export async function writeCheckpoint(
  store: CheckpointStore,
  name: string,
  state: RunState,
): Promise<void> {
  const { fingerprint, position, history, streams, weights, view } = state;
  const { slots, ...optimizer } = state.optimizer;
  const callbackTensors: NamedTensors = new Map();
  const run = {
    savedAt: Date.now(),
    tfjs: tf.version_core,
    fingerprint,
    position,
    history,
    streams,
    view: view?.name ?? null,
    optimizer,
    callbacks: state.callbacks,
  } satisfies PlainRun;
  const json = toPlain(run as unknown as CallbackState, '', callbackTensors);
  const tensors: (readonly [file: string, tensors: NamedTensors])[] = [
    [WEIGHTS, new Map(Object.entries(weights))],
    [OPTIMIZER, slotTensors(slots)],
  ];
  if (callbackTensors.size > 0) tensors.push([CALLBACKS, callbackTensors]);
  if (view) tensors.push([viewFile(view.name), new Map(Object.entries(view.weights))]);
  const files = new Map(
    await Promise.all(
      tensors.map(async ([file, named]) => [file, encodeSafetensors(await toHost(named))] as const),
    ),
  );
  files.set(STATE, [await stateFile(json, files)]);
  await store.write(name, files);
}

/** Reads a checkpoint; the caller owns its tensors. Throws a {@link DamagedCheckpointError} where it is not whole. */
export async function readCheckpoint(store: CheckpointStore, name: string): Promise<RunState> {
  const { files, run } = await readState(store, name);
  const read = async (file: string) => readTensors(store, name, file, files);
  const all: NamedTensors[] = [];
  const keep = (tensors: NamedTensors): NamedTensors => {
    all.push(tensors);
    return tensors;
  };
  try {
    const callbackTensors = files[CALLBACKS] ? keep(await read(CALLBACKS)) : new Map();
    const plain = fromPlain(run, callbackTensors) as unknown as PlainRun;
    const { fingerprint, position, history, streams, callbacks, view, optimizer } = plain;
    return {
      ...{ fingerprint, position, history, streams, callbacks },
      weights: Object.fromEntries(keep(await read(WEIGHTS))),
      view:
        view === null
          ? undefined
          : { name: view, weights: Object.fromEntries(keep(await read(viewFile(view)))) },
      optimizer: { ...optimizer, slots: slotsOf(keep(await read(OPTIMIZER))) },
    };
  } catch (error) {
    for (const tensors of all) tf.dispose([...tensors.values()]);
    throw error instanceof DamagedCheckpointError
      ? error
      : new DamagedCheckpointError(`${store.place}/${name}`, STATE, messageOf(error), {
          cause: error,
        });
  }
}

/** Reads when a checkpoint was made and where, which is soon done. Throws as {@link readCheckpoint} does. */
export async function readHead(store: CheckpointStore, name: string): Promise<CheckpointHead> {
  const { run } = await readState(store, name);
  const { savedAt, position } = fromPlain(withoutCallbacks(run), new Map()) as unknown as PlainRun;
  return { savedAt, position };
}

/**
 * Reads only weights, by default those that were validated; the caller owns them. Throws where the checkpoint has no
 * such view.
 */
export async function readWeights(
  store: CheckpointStore,
  name: string,
  view?: string,
): Promise<Record<string, tf.Tensor>> {
  const { files, run } = await readState(store, name);
  const plain = fromPlain(withoutCallbacks(run), new Map()) as unknown as PlainRun;
  const wanted = view ?? plain.view ?? 'fast';
  if (wanted !== 'fast' && wanted !== plain.view)
    throw new Error(
      `${store.place}/${name} has no weights "${wanted}"; it has ${['fast', plain.view].filter(Boolean).join(', ')}`,
    );
  const weights = await readTensors(store, name, WEIGHTS, files);
  if (wanted === 'fast') return Object.fromEntries(weights);
  // A view holds the trained weights alone.
  for (const [parameter, shown] of await readTensors(store, name, viewFile(wanted), files)) {
    weights.get(parameter)?.dispose();
    weights.set(parameter, shown);
  }
  return Object.fromEntries(weights);
}

async function stateFile(
  run: Json,
  files: ReadonlyMap<string, readonly Uint8Array[]>,
): Promise<Uint8Array> {
  const sums: Record<string, { bytes: number; sha256: string }> = {};
  for (const [file, chunks] of files)
    sums[file] = {
      bytes: chunks.reduce((bytes, { length }) => bytes + length, 0),
      sha256: await sha256(chunks),
    };
  const content: StateFile = {
    format: 'tfloop checkpoint',
    schema: SCHEMA,
    digest: await digestOfState(sums, run),
    files: sums,
    run,
  };
  return new TextEncoder().encode(`${JSON.stringify(content, null, 1)}\n`);
}

function digestOfState(files: StateFile['files'], run: Json): Promise<string> {
  return sha256([new TextEncoder().encode(JSON.stringify([files, run]))]);
}

async function readState(store: CheckpointStore, name: string): Promise<StateFile> {
  const damaged = (reason: string, cause?: unknown) =>
    new DamagedCheckpointError(`${store.place}/${name}`, STATE, reason, { cause });
  let content: Partial<StateFile>;
  try {
    const bytes = await store.read(name, STATE);
    content = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(bytes),
    ) as Partial<StateFile>;
  } catch (error) {
    throw damaged(messageOf(error), error);
  }
  const { format, schema, digest, files, run } = content;
  if (format !== 'tfloop checkpoint' || !files || run === undefined)
    throw damaged('it is no state of a checkpoint');
  if (schema !== SCHEMA)
    throw damaged(`it has schema ${String(schema)}, this version of @tfloop/core reads ${SCHEMA}`);
  if (digest !== (await digestOfState(files, run)))
    throw damaged('its digest is not that of its contents');
  return content as StateFile;
}

async function readTensors(
  store: CheckpointStore,
  name: string,
  file: string,
  files: StateFile['files'],
): Promise<NamedTensors> {
  try {
    const expected = files[file];
    if (!expected) throw new Error('state.json does not list it');
    const bytes = await store.read(name, file);
    if (bytes.length !== expected.bytes)
      throw new Error(`it has ${bytes.length} bytes, ${expected.bytes} were written`);
    if ((await sha256([bytes])) !== expected.sha256) throw new Error('its contents were altered');
    return toDevice(decodeSafetensors(bytes));
  } catch (error) {
    throw new DamagedCheckpointError(`${store.place}/${name}`, file, messageOf(error), {
      cause: error,
    });
  }
}

/** Slot and parameter names as one: a slot's has no slash. */
function slotTensors(slots: OptimizerState['slots']): NamedTensors {
  return new Map(
    Object.entries(slots).flatMap(([slot, tensors]) =>
      Object.entries(tensors).map(
        ([parameter, tensor]) => [`${slot}/${parameter}`, tensor] as const,
      ),
    ),
  );
}

function slotsOf(tensors: NamedTensors): Record<string, Record<string, tf.Tensor>> {
  const slots: Record<string, Record<string, tf.Tensor>> = {};
  for (const [name, tensor] of tensors) {
    const slash = name.indexOf('/');
    (slots[name.slice(0, slash)] ??= {})[name.slice(slash + 1)] = tensor;
  }
  return slots;
}

/** Their tensors are in a file that need not be read. */
function withoutCallbacks(run: Json): Json {
  return { ...(run as Record<string, Json>), callbacks: {} };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
