import { sha256 } from '../sha256.ts';
import type { CheckpointStore } from './checkpoint-store.ts';
import { DamagedCheckpointError } from './damaged-checkpoint-error.ts';
import type { HostTensor } from './host-tensor.ts';
import { decodeSafetensors } from './safetensors.ts';
import { decodeStateFile, NewerSchemaError, STATE, type StateFile } from './state-file.ts';

/**
 * Reads the state and what belongs to it. Another process may put a new checkpoint in the place of one that is being
 * read: then the new one is read.
 */
export async function asWrittenAtOnce<T>(
  store: CheckpointStore,
  name: string,
  read: (state: StateFile) => Promise<T>,
): Promise<T> {
  for (let before = await readFile(store, name, STATE); ;) {
    try {
      return await read(await readState(store, name, before));
    } catch (error) {
      const now = await readFile(store, name, STATE).catch(() => before);
      if (same(before, now)) throw error;
      before = now;
    }
  }
}

/** Reads what a checkpoint says of itself. */
export async function readState(
  store: CheckpointStore,
  name: string,
  bytes?: Uint8Array,
): Promise<StateFile> {
  const content = bytes ?? (await readFile(store, name, STATE));
  try {
    return await decodeStateFile(placeOf(store, name), content);
  } catch (error) {
    if (error instanceof NewerSchemaError) throw error;
    throw new DamagedCheckpointError(placeOf(store, name), STATE, error);
  }
}

async function readFile(store: CheckpointStore, name: string, file: string): Promise<Uint8Array> {
  try {
    return await store.read(name, file);
  } catch (error) {
    throw new DamagedCheckpointError(placeOf(store, name), file, error);
  }
}

/** Reads the tensors of a file. */
export async function readHosts(
  store: CheckpointStore,
  name: string,
  file: string,
  files: StateFile['files'],
): Promise<Map<string, HostTensor>> {
  const bytes = await readFile(store, name, file);
  try {
    const sum = files[file];
    if (!sum) throw new Error(`${STATE} does not list it`);
    if (bytes.length !== sum.bytes)
      throw new Error(`it has ${bytes.length} bytes, but ${sum.bytes} were written`);
    if ((await sha256([bytes])) !== sum.sha256)
      throw new Error(`it was altered: its SHA-256 is not the one in ${STATE}`);
    return decodeSafetensors(bytes);
  } catch (error) {
    throw new DamagedCheckpointError(placeOf(store, name), file, error);
  }
}

/** Where a checkpoint is, for messages. */
export function placeOf(store: CheckpointStore, name: string): string {
  return `${store.place}/${name}`;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
