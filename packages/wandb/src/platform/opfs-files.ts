import type { Folders } from './folders.ts';
import type { MemoryLog } from '../memory-log.ts';
import { messageOf } from '../message-of.ts';
import { keyOf, patience, readFound, type OpfsContents } from './opfs-contents.ts';
import { opfsLocked } from './opfs-lock.ts';
import { opfsLogs } from './opfs-logs.ts';
import { opfsMirror } from './opfs-mirror.ts';
import type { Files } from './platform.ts';

/**
 * The runs that lie in the browser's private file system below `<dir>/wandb`, and room for more; rejects where there is
 * none, as in a page that is not secure. Says what can't be written later.
 *
 * Logs are in memory, where they are written and read at once, and in the file system a moment later: a page that ends
 * loses what the mirror has not written. One page at a time writes a run.
 */
export async function opfsFiles(dir: string, say: (text: string) => void): Promise<Files> {
  const root = await navigator.storage.getDirectory();
  const path = keyOf(`${dir}/wandb`);
  let runs = root;
  for (const part of path.split('/')) runs = await runs.getDirectoryHandle(part, { create: true });
  const names = new Set<string>();
  for await (const name of runs.keys()) names.add(name);
  const found = new Map<string, FileSystemFileHandle>();
  for await (const [file, handle] of filesBelow(runs, path)) found.set(file, handle);
  const [logs, fresh] = [new Map<string, MemoryLog>(), new Map<string, Uint8Array>()];
  const reading = new Set<string>();
  const mirror = opfsMirror(root, {
    onKept(file, handle, size) {
      // It can be read there, and need not stay in memory.
      found.set(file, handle);
      fresh.delete(file);
      if (!reading.has(file)) logs.get(file)?.forget(size);
    },
    onFailed(file, error) {
      say(`${file} can't be written to the browser's private file system (${messageOf(error)})`);
      if (mirror.isLost(file)) say(`rows are dropped, because too many wait for ${file} already`);
      // An upload can still have it.
      const isRead = [...reading].some((log) => file.startsWith(log.replace(/[^/]+$/, '')));
      if (!isRead) fresh.delete(file);
    },
  });
  const contents = {
    runs,
    names,
    found,
    logs,
    reading,
    texts: new Map(),
    fresh,
    mirror,
    answer: patience(),
  };
  return { logFiles: opfsLogs(contents, await opfsLocked()), folders: foldersOf(contents) };
}

function foldersOf(contents: OpfsContents): Folders {
  const { found, logs, texts, fresh, mirror } = contents;
  return {
    absolute: (path) => path,
    list(folder) {
      const before = `${keyOf(folder)}/`;
      const paths = [found, logs, texts, fresh].flatMap((files) => [...files.keys()]);
      const names = paths
        .filter((path) => path.startsWith(before))
        .map((path) => path.slice(before.length).split('/')[0] ?? '');
      return [...new Set(names)];
    },
    // A file makes its folders.
    make: () => undefined,
    write(path, given) {
      const key = keyOf(path);
      const bytes = typeof given === 'string' ? new TextEncoder().encode(given) : given.slice();
      if (typeof given === 'string') texts.set(key, given);
      else fresh.set(key, bytes);
      mirror.put(key, 0, new Uint8Array(bytes));
    },
    readText: (path) => texts.get(keyOf(path)),
    async read(path) {
      const bytes = fresh.get(keyOf(path)) ?? (await readFound(contents, path));
      if (!bytes) throw new Error(`there is no file ${path}`);
      return new Uint8Array(bytes);
    },
    leave: (folder) => mirror.leave(keyOf(folder)),
    async discard(folder) {
      const before = `${keyOf(folder)}/`;
      for (const files of [found, logs, texts, fresh])
        for (const path of files.keys()) if (path.startsWith(before)) files.delete(path);
      await mirror.remove(keyOf(folder));
    },
  };
}

/** The files below a folder, by their paths. A folder may go meanwhile: another page removes what it has uploaded. */
async function* filesBelow(
  folder: FileSystemDirectoryHandle,
  at: string,
): AsyncGenerator<[path: string, FileSystemFileHandle]> {
  for await (const [name, handle] of folder) {
    const path = `${at}/${name}`;
    if (handle.kind === 'file') yield [path, handle];
    else
      try {
        yield* filesBelow(handle, path);
      } catch (error) {
        if ((error as { readonly name?: unknown }).name !== 'NotFoundError') throw error;
      }
  }
}
