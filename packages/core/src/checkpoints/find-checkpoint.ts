import { readCheckpoint, readHead, type CheckpointHead } from './checkpoint-files.ts';
import type { CheckpointStore } from './checkpoint-store.ts';
import type { RunState } from './run-state.ts';

/** The newest checkpoint that is whole, and those that were passed over. */
export interface Found {
  /** The caller owns its tensors. */
  readonly found: { readonly name: string; readonly state: RunState } | undefined;
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

/** Looks for the newest whole checkpoint: by when they were made, and then by how far they are. */
export async function findCheckpoint(store: CheckpointStore): Promise<Found> {
  const skipped: { name: string; reason: string }[] = [];
  const skip = (name: string, error: unknown): void => {
    skipped.push({ name, reason: error instanceof Error ? error.message : String(error) });
  };
  const heads: { name: string; head: CheckpointHead }[] = [];
  for (const name of await store.list()) {
    try {
      heads.push({ name, head: await readHead(store, name) });
    } catch (error) {
      skip(name, error);
    }
  }
  for (const { name } of heads.sort((a, b) => compare(b.head, a.head))) {
    try {
      return { found: { name, state: await readCheckpoint(store, name) }, skipped };
    } catch (error) {
      skip(name, error);
    }
  }
  return { found: undefined, skipped };
}

function compare(a: CheckpointHead, b: CheckpointHead): number {
  return (
    a.savedAt - b.savedAt ||
    a.position.batch - b.position.batch ||
    a.position.epoch - b.position.epoch
  );
}
