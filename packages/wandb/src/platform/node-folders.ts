import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Folders } from './folders.ts';
import { makeFolder } from './make-folder.ts';

/** Files of Node. */
export const nodeFolders: Folders = {
  absolute: (path) => resolve(path),
  list(folder) {
    return orMissing(() => readdirSync(folder)) ?? [];
  },
  make: makeFolder,
  write(path, bytes) {
    makeFolder(dirname(path));
    const temporary = `${path}.tmp`;
    try {
      writeFileSync(temporary, bytes);
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  },
  readText: (path) => orMissing(() => readFileSync(path, 'utf8')),
  async read(path) {
    return new Uint8Array(await readFile(path));
  },
};

function orMissing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
