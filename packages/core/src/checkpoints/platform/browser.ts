import { checkName } from '../check-name.ts';
import type { CheckpointStore } from '../checkpoint-store.ts';

/** Written last: without it the rest is no checkpoint. */
const LAST = 'state.json';

/**
 * A folder of the origin private file system that holds checkpoints, each a folder of its own.
 *
 * Folders can't be renamed there. A file takes its place when it is closed, and `state.json`, which holds the others'
 * digests, is closed last; a checkpoint that is replaced is not whole until then.
 */
export function folderStore(dir: string): CheckpointStore {
  const parts = dir.split('/').filter((part) => part !== '' && part !== '.');

  const folder = async (): Promise<FileSystemDirectoryHandle> => {
    let handle = await navigator.storage.getDirectory();
    for (const part of parts) handle = await handle.getDirectoryHandle(part, { create: true });
    return handle;
  };

  return {
    place: dir,

    async list() {
      const names: string[] = [];
      for await (const [name, { kind }] of entriesOf(await folder()))
        if (kind === 'directory') names.push(name);
      return names;
    },

    async write(name, files) {
      const target = await (await folder()).getDirectoryHandle(checkName(name), { create: true });
      const last = [...files].sort(([a], [b]) => Number(a === LAST) - Number(b === LAST));
      for (const [file, chunks] of last) {
        const handle = await target.getFileHandle(checkName(file), { create: true });
        const stream = await handle.createWritable();
        for (const chunk of chunks) await stream.write(chunk as Uint8Array<ArrayBuffer>);
        await stream.close();
      }
    },

    async read(name, file) {
      const target = await (await folder()).getDirectoryHandle(checkName(name));
      const handle = await target.getFileHandle(checkName(file));
      return new Uint8Array(await (await handle.getFile()).arrayBuffer());
    },

    async remove(name) {
      try {
        await (await folder()).removeEntry(checkName(name), { recursive: true });
      } catch (error) {
        if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error;
      }
    },
  };
}

/** Folders can be iterated in every current browser, but the types don't say so everywhere. */
function entriesOf(
  folder: FileSystemDirectoryHandle,
): AsyncIterable<readonly [name: string, handle: FileSystemHandle]> {
  return folder;
}
