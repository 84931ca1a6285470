import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { couldNotWrite } from './could-not-write.ts';
import { checkName } from '../check-name.ts';
import { MissingFileError, type CheckpointStore } from '../checkpoint-store.ts';
import { codeOf, type FileSystem, makeFolder, syncFolder, writeFile } from './file-system.ts';
import { isLeftover, withTemporaryName } from './temporary-names.ts';

/** Names of what had to make way for a new checkpoint of its name. */
const REPLACED = /^\.(.+)~replaced~[0-9a-f]+$/;

/**
 * A folder on disk that holds checkpoints, each a folder of its own.
 *
 * A checkpoint is written under a temporary name, and gets its own when its files and the folder that lists them are on
 * the disk. A folder can't be put over another one, so an old checkpoint of the name steps aside for an instant: where
 * only that one is there, it is the checkpoint.
 */
export function folderStore(dir: string, files: FileSystem = fs): CheckpointStore {
  const folder = resolve(dir);
  const at = (name: string): string => join(folder, name);

  /** The names of the folders, an empty list where there is none to list. */
  const names = async (): Promise<string[]> => {
    const entries = await files.readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => !entry.isFile()).map(({ name }) => name);
  };

  /** Renamed before it is removed: half a checkpoint must not bear a checkpoint's name. */
  const discard = (entry: string): Promise<void> =>
    withTemporaryName(entry, async (temporary) => {
      try {
        await files.rename(at(entry), at(temporary));
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error;
      }
      await files.rm(at(temporary), { recursive: true, force: true });
    });

  /** Gives what stepped aside its name back where that is free: a rename fails where it is not. */
  const settle = async (entry: string, name: string): Promise<void> => {
    await files.rename(at(entry), at(name)).catch(() => discard(entry));
  };

  /** What dead processes left. It is in nobody's way, so a failure may wait for the next write. */
  const tidy = async (): Promise<void> => {
    for (const entry of await names()) {
      const [, replaced] = REPLACED.exec(entry) ?? [];
      if (replaced !== undefined) await settle(entry, replaced);
      else if (await isLeftover(entry, () => files.stat(at(entry))))
        await files.rm(at(entry), { recursive: true, force: true });
    }
  };

  const publish = async (temporary: string, name: string): Promise<void> => {
    for (let tries = 1; ; tries++) {
      try {
        await files.rename(at(temporary), at(name));
        return;
      } catch (error) {
        if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(codeOf(error)) || tries > 5) throw error;
      }
      const aside = `.${name}~replaced~${randomBytes(6).toString('hex')}`;
      await files.rename(at(name), at(aside)).catch((error: unknown) => {
        // Another process has just moved it away.
        if (codeOf(error) !== 'ENOENT') throw error;
      });
    }
  };

  const writeAll: CheckpointStore['write'] = async (name, contents) => {
    await makeFolder(files, folder);
    await tidy().catch(() => undefined);
    await withTemporaryName(name, async (temporary) => {
      try {
        await files.mkdir(at(temporary));
        for (const [file, chunks] of contents)
          await writeFile(files, join(at(temporary), file), chunks);
        await syncFolder(files, at(temporary));
        await publish(temporary, name);
        await syncFolder(files, folder);
      } finally {
        await files.rm(at(temporary), { recursive: true, force: true }).catch(() => undefined);
      }
    });
    await tidy().catch(() => undefined);
  };

  return {
    place: dir,

    async prepare() {
      try {
        await makeFolder(files, folder);
        await fs.access(folder, fs.constants.W_OK);
      } catch (error) {
        throw unusable(dir, error);
      }
    },

    async list() {
      const entries = await names().catch((error: unknown) => {
        if (codeOf(error) === 'ENOENT') return [];
        throw unusable(dir, error);
      });
      const all = entries.map((entry) => REPLACED.exec(entry)?.[1] ?? entry);
      return [...new Set(all.filter((name) => !name.startsWith('.')))];
    },

    async write(name, contents) {
      for (const each of [name, ...contents.keys()]) checkName(each);
      try {
        await writeAll(name, contents);
      } catch (error) {
        throw couldNotWrite(name, dir, error);
      }
    },

    async read(name, file) {
      checkName(name);
      checkName(file);
      const readAt = async (entry: string): Promise<Uint8Array | undefined> => {
        try {
          const { buffer, byteOffset, byteLength } = await files.readFile(join(at(entry), file));
          return new Uint8Array(buffer, byteOffset, byteLength);
        } catch (error) {
          if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
          throw error;
        }
      };
      const bytes = await readAt(name);
      if (bytes) return bytes;
      const entries = await names().catch((): string[] => []);
      // Only a checkpoint that is not there may have stepped aside.
      const aside = entries.includes(name)
        ? undefined
        : entries.find((entry) => REPLACED.exec(entry)?.[1] === name);
      // And by now it may be back.
      const found = (aside && (await readAt(aside))) ?? (await readAt(name));
      if (!found) throw new MissingFileError(dir, name, file);
      return found;
    },

    async files(name) {
      checkName(name);
      const missing = (error: unknown): string[] => {
        if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return [];
        throw error;
      };
      return files.readdir(at(name)).catch(missing);
    },

    async remove(name) {
      checkName(name);
      const entries = await names().catch((): string[] => []);
      // What stepped aside goes first, or it would come back.
      for (const entry of entries) if (REPLACED.exec(entry)?.[1] === name) await discard(entry);
      await discard(name);
    },
  };
}

function unusable(dir: string, error: unknown): Error {
  const { message } = error as Error;
  return new Error(`checkpoint: ${dir} is no folder to keep checkpoints in: ${message}`, {
    cause: error,
  });
}
