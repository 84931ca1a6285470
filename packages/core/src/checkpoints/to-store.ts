import { folderStore } from '#folder';
import type { CheckpointStore } from './checkpoint-store.ts';

/** A folder's path as a store of checkpoints; a store is itself. */
export function toStore(owner: string, dir: string | CheckpointStore): CheckpointStore {
  if (typeof dir === 'string' && dir !== '') return folderStore(dir);
  if (
    typeof dir === 'object' &&
    typeof (dir as Partial<CheckpointStore> | null)?.write === 'function'
  )
    return dir;
  throw new TypeError(
    `${owner}: dir must be a folder's path or a checkpoint store, got ${JSON.stringify(dir) ?? 'undefined'}`,
  );
}
