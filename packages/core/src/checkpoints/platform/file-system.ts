import type * as fs from 'node:fs/promises';
import { dirname } from 'node:path';

/** What a store needs of Node's `fs/promises`. */
export type FileSystem = Pick<
  typeof fs,
  'mkdir' | 'open' | 'readdir' | 'readFile' | 'rename' | 'rm' | 'stat'
>;

/** Makes a folder and those above it, and waits until they are on the disk. */
export async function makeFolder(files: FileSystem, folder: string): Promise<void> {
  // One by one: where nothing can be made, as in /proc, Node's recursive way tries for ever.
  if (await isFolder(files, folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) await makeFolder(files, parent);
  try {
    await files.mkdir(folder);
  } catch (error) {
    // Another process may have been faster.
    if (!(await isFolder(files, folder))) throw error;
  }
  await syncFolder(files, parent);
}

async function isFolder(files: FileSystem, path: string): Promise<boolean> {
  return files.stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Writes a new file, and waits until it is on the disk. */
export async function writeFile(
  files: FileSystem,
  path: string,
  chunks: readonly Uint8Array[],
): Promise<void> {
  const file = await files.open(path, 'wx');
  try {
    for (const chunk of chunks) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Waits until a folder's list of names is on the disk; Windows has no such thing, and needs none. */
export async function syncFolder(files: FileSystem, path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await files.open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The code of a system's error, such as ENOENT; of any other error, nothing. */
export function codeOf(error: unknown): string {
  return (error as Partial<NodeJS.ErrnoException> | null)?.code ?? '';
}
