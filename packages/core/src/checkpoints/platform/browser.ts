import { couldNotWrite } from './could-not-write.ts';
import { checkName } from '../check-name.ts';
import { MissingFileError, type CheckpointStore } from '../checkpoint-store.ts';

/** An empty file that is made last: without it the rest is no checkpoint. */
const COMPLETE = '~complete';

/** A checkpoint's folder is its name and a number, which grows when it is replaced. */
const ENTRY = /^(.+)~(\d+)$/;

/**
 * A folder of the origin private file system that holds checkpoints, each a folder of its own.
 *
 * Folders can't be renamed there, so a new checkpoint gets a new number, and takes the place of the old one when its
 * last file is there. One page at a time writes. The browser decides when the disk has what was written.
 */
export function folderStore(dir: string): CheckpointStore {
  const parts = dir.split('/').filter((part) => part !== '' && part !== '.');
  for (const part of parts) checkName(part);

  const openFolder = async (): Promise<FileSystemDirectoryHandle> => {
    let handle = await navigator.storage.getDirectory();
    for (const part of parts) handle = await handle.getDirectoryHandle(part, { create: true });
    return handle;
  };

  const newestOf = async (name: string): Promise<Entry | undefined> => {
    const entries = await entriesIn(await openFolder());
    return entries.filter((entry) => entry.complete && entry.name === name).at(-1);
  };

  /** Other pages and workers of the origin wait. */
  const alone = <T>(work: (folder: FileSystemDirectoryHandle) => Promise<T>): Promise<T> =>
    navigator.locks.request(`tfloop checkpoints ${parts.join('/')}`, async () =>
      work(await openFolder()),
    );

  return {
    place: dir,

    async prepare() {
      await openFolder();
    },

    async list() {
      const entries = await entriesIn(await openFolder());
      return [...new Set(entries.filter(({ complete }) => complete).map(({ name }) => name))];
    },

    async write(name, files) {
      for (const each of [name, ...files.keys()]) checkName(each);
      try {
        await alone((folder) => writeEntry(folder, name, files));
      } catch (error) {
        throw couldNotWrite(name, dir, error);
      }
    },

    async read(name, file) {
      checkName(name);
      checkName(file);
      const newest = await newestOf(name);
      try {
        const handle = await newest?.handle.getFileHandle(file);
        if (handle) return new Uint8Array(await (await handle.getFile()).arrayBuffer());
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
      throw new MissingFileError(dir, name, file);
    },

    async files(name) {
      checkName(name);
      const newest = await newestOf(name);
      const found: string[] = [];
      if (newest) for await (const file of newest.handle.keys()) found.push(file);
      return found.filter((file) => file !== COMPLETE);
    },

    async remove(name) {
      checkName(name);
      await alone(async (folder) => {
        for (const entry of await entriesIn(folder))
          if (entry.name === name) await removeEntry(folder, entry);
      });
    },
  };
}

/** A checkpoint, or what was to become one. */
interface Entry {
  readonly name: string;
  readonly number: number;
  readonly complete: boolean;
  readonly handle: FileSystemDirectoryHandle;
}

async function writeEntry(
  folder: FileSystemDirectoryHandle,
  name: string,
  files: ReadonlyMap<string, readonly Uint8Array[]>,
): Promise<void> {
  const before = await entriesIn(folder);
  // Nobody else writes now, so these are of pages that were closed.
  for (const entry of before) if (!entry.complete) await removeEntry(folder, entry);
  const old = before.filter((entry) => entry.complete && entry.name === name);
  const path = `${name}~${(old.at(-1)?.number ?? 0) + 1}`;
  const handle = await folder.getDirectoryHandle(path, { create: true });
  try {
    for (const [file, chunks] of files) await writeFile(handle, file, chunks);
    await handle.getFileHandle(COMPLETE, { create: true });
  } catch (error) {
    await removeWhenFree(folder, path);
    throw error;
  }
  for (const entry of old) await removeEntry(folder, entry).catch(() => undefined);
}

/** A stream that was aborted holds its file for a moment longer. What stays is removed by the next write. */
async function removeWhenFree(folder: FileSystemDirectoryHandle, path: string): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    try {
      await folder.removeEntry(path, { recursive: true });
      return;
    } catch (error) {
      if (isMissing(error)) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** By number, the newest of a name last. */
async function entriesIn(folder: FileSystemDirectoryHandle): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const [path, handle] of folder) {
    const [, name, number] = ENTRY.exec(path) ?? [];
    if (name !== undefined && handle.kind === 'directory') {
      const complete = await has(handle, COMPLETE);
      entries.push({ name, number: Number(number), complete, handle });
    }
  }
  return entries.sort((a, b) => a.number - b.number);
}

async function has(folder: FileSystemDirectoryHandle, file: string): Promise<boolean> {
  return folder.getFileHandle(file).then(
    () => true,
    () => false,
  );
}

/** Half a checkpoint must not count as one. */
async function removeEntry(
  folder: FileSystemDirectoryHandle,
  { name, number, complete, handle }: Entry,
): Promise<void> {
  if (complete) await handle.removeEntry(COMPLETE);
  await folder.removeEntry(`${name}~${number}`, { recursive: true });
}

/** A file takes its place when it is closed. */
async function writeFile(
  folder: FileSystemDirectoryHandle,
  file: string,
  chunks: readonly Uint8Array[],
): Promise<void> {
  const handle = await folder.getFileHandle(file, { create: true });
  const stream = await handle.createWritable();
  try {
    for (const chunk of chunks) await stream.write(chunk as Uint8Array<ArrayBuffer>);
    await stream.close();
  } catch (error) {
    await stream.abort().catch(() => undefined);
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotFoundError';
}
