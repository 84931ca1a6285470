import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { CheckpointStore } from '../checkpoint-store.ts';
import { checkName } from '../check-name.ts';

/** Begins the names of what is being written or taken away, which are no checkpoints. */
const HIDDEN = '.';

/** Ends them, so that what a killed process has left can be told from what a living one is writing. */
const unique = (): string => `~${hostname()}~${process.pid}~${randomBytes(6).toString('hex')}`;

/**
 * A folder on disk that holds checkpoints, each a folder of its own.
 *
 * A checkpoint is written under a temporary name and renamed when every file and the folder itself are on the disk.
 */
export function folderStore(dir: string): CheckpointStore {
  const folder = resolve(dir);
  const path = (name: string): string => join(folder, checkName(name));

  return {
    place: dir,

    async list() {
      await mkdir(folder, { recursive: true });
      const entries = await readdir(folder, { withFileTypes: true });
      return entries
        .filter((entry) => entry.isDirectory() && !entry.name.startsWith(HIDDEN))
        .map(({ name }) => name);
    },

    async write(name, files) {
      const target = path(name);
      const temporary = join(folder, `${HIDDEN}${name}${unique()}`);
      const replaced = join(folder, `${HIDDEN}${name}${unique()}`);
      try {
        await mkdir(folder, { recursive: true });
        await removeLeftovers(folder);
        await mkdir(temporary);
        for (const [file, chunks] of files)
          await writeFile(join(temporary, checkName(file)), chunks);
        await syncFolder(temporary);
        await replace(temporary, target, replaced);
        await syncFolder(folder);
      } finally {
        await rm(temporary, { recursive: true, force: true });
        await rm(replaced, { recursive: true, force: true });
      }
    },

    read: async (name, file) => readFile(join(path(name), checkName(file))),

    async remove(name) {
      // Renamed first: half a checkpoint must not bear a checkpoint's name.
      const leaving = join(folder, `${HIDDEN}${name}${unique()}`);
      try {
        await rename(path(name), leaving);
      } catch (error) {
        if (isMissing(error)) return;
        throw error;
      }
      await rm(leaving, { recursive: true, force: true });
    },
  };
}

/** Removes what processes of this machine that are no longer there were writing or taking away. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, host, pid] = name.startsWith(HIDDEN) ? name.split('~') : [];
    if (host === hostname() && !isAlive(Number(pid)))
      await rm(join(folder, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // One that may not be sent signals to is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function writeFile(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for (const chunk of chunks) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A folder can't be put over another one that is not empty: the old one has to step aside for an instant. */
async function replace(temporary: string, target: string, replaced: string): Promise<void> {
  try {
    await rename(temporary, target);
  } catch (error) {
    if (!isTaken(error)) throw error;
    await rename(target, replaced);
    await rename(temporary, target);
  }
}

/** Windows has no such thing, and needs none. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function isTaken(error: unknown): boolean {
  return ['ENOTEMPTY', 'EEXIST', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');
}
