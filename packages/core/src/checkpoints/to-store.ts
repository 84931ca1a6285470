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
    `${owner}: dir must be a folder's path or a checkpoint store, got ${typeof dir === 'string' ? '""' : typeof dir}`,
  );
}

/** A path as the name of one thing in the store that its parent folder is. */
export function locate(owner: string, path: string): { store: CheckpointStore; name: string } {
  const [, parent, name] = /^(.*[/\\])?([^/\\]+)[/\\]*$/.exec(path) ?? [];
  if (name === undefined || /^\.+$/.test(name))
    throw new RangeError(
      `${owner}: ${JSON.stringify(path)} does not name a folder; write its name out`,
    );
  return { store: toStore(owner, parent ?? '.'), name };
}

/** Whether a store has a file. */
export async function has(store: CheckpointStore, name: string, file: string): Promise<boolean> {
  return store.read(name, file).then(
    () => true,
    () => false,
  );
}
