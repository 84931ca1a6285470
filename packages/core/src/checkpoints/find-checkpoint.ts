import {
  readCheckpoint,
  readHead,
  STATE,
  WEIGHTS,
  type CheckpointHead,
} from './checkpoint-files.ts';
import { MissingFileError, type CheckpointStore } from './checkpoint-store.ts';
import type { RunState } from './run-state.ts';

/** A checkpoint that was not taken, and why. */
export interface Skipped {
  readonly name: string;
  readonly reason: string;
}

/** The newest checkpoint that is whole, and those that were passed over. */
export interface Found {
  /** The caller owns its tensors. */
  readonly found: { readonly name: string; readonly state: RunState } | undefined;
  readonly skipped: readonly Skipped[];
}

/**
 * Reads the newest checkpoint of a store that is whole, or the one named `prefer` if that is.
 *
 * The newest is the one that was made last, as the checkpoints themselves say.
 */
export async function findCheckpoint(
  store: CheckpointStore,
  { prefer }: { readonly prefer?: string } = {},
): Promise<Found> {
  const { checkpoints, skipped } = await listCheckpoints(store);
  const names = checkpoints.map(({ name }) => name);
  const preferred = names.filter((name) => name === prefer);
  const passed = [...skipped];
  for (const name of new Set([...preferred, ...names])) {
    try {
      return { found: { name, state: await readCheckpoint(store, name) }, skipped: passed };
    } catch (error) {
      passed.push({ name, reason: reasonOf(error) });
    }
  }
  return { found: undefined, skipped: passed };
}

/** What a checkpoint says of itself, and its name in the store. */
type NamedHead = CheckpointHead & { readonly name: string };

/** A store's checkpoints, newest first, and those that can't even say when they were made. */
export async function listCheckpoints(
  store: CheckpointStore,
): Promise<{ readonly checkpoints: readonly NamedHead[]; readonly skipped: readonly Skipped[] }> {
  const heads: NamedHead[] = [];
  const skipped: Skipped[] = [];
  for (const name of await store.list()) {
    try {
      heads.push({ name, ...(await readHead(store, name)) });
    } catch (error) {
      // Other things may lie in the folder.
      if (await isCheckpoint(store, name)) skipped.push({ name, reason: reasonOf(error) });
    }
  }
  return { checkpoints: heads.sort(newestFirst), skipped };
}

/** Copies may be of one time: then the one that has come further. */
function newestFirst(a: NamedHead, b: NamedHead): number {
  return (
    b.savedAt - a.savedAt ||
    b.position.step - a.position.step ||
    b.position.batch - a.position.batch ||
    (a.name < b.name ? 1 : -1)
  );
}

async function isCheckpoint(store: CheckpointStore, name: string): Promise<boolean> {
  for (const file of [STATE, WEIGHTS]) {
    try {
      await store.read(name, file);
      return true;
    } catch (error) {
      if (!(error instanceof MissingFileError)) return true;
    }
  }
  return false;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
