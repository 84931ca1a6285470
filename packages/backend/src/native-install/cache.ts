import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { NativePackage } from '../platform/platform.ts';
import { messageOf } from '../message-of.ts';
import { Failure } from './failure.ts';
import { nearest, removeLeftovers } from './folders.ts';
import type { Host } from './host.ts';

/** What is known of a ready-made add-on with its libraries. */
export interface Recipe {
  readonly packageName: NativePackage;
  /** The npm package's version. */
  readonly version: string;
  /** `upstream`, `tensorflow-cpu-2.21.0`, or `given-` and the beginning of a SHA-256. */
  readonly source: string;
}

/** A folder with `deps` and `lib`, ready to be put into the npm package. */
export interface Entry {
  readonly folder: string;
  readonly recipe: Recipe;
}

const recipeFile = 'entry.json';

/** The cache's folder: `tfloop/native` below XDG_CACHE_HOME, LOCALAPPDATA or ~/.cache. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const root = env['XDG_CACHE_HOME'] ?? env['LOCALAPPDATA'];
  return join(
    root !== undefined && root !== '' ? root : join(homedir(), '.cache'),
    'tfloop',
    'native',
  );
}

/** Keeps ready-made add-ons; the Node version is no part of their names, as Node-API is the same in all of them. */
export function createCache(root: string, { platform, arch }: Host) {
  const nameOf = ({ packageName, version, source }: Recipe): string =>
    [packageName.replace('@tensorflow/', ''), version, platform, arch, source].join('-');

  return {
    root,

    /** Makes the cache's folder and clears away what earlier processes left unfinished. */
    async open(): Promise<void> {
      try {
        // mkdir itself names a read-only disk badly.
        await access(await nearest(root), constants.W_OK);
        await mkdir(root, { recursive: true });
      } catch (error) {
        throw new Failure(
          'space',
          `the cache folder can't be made (${messageOf(error)}): set XDG_CACHE_HOME to a folder that you may write to`,
        );
      }
      await removeLeftovers(root, 'tmp-');
    },

    /** A fresh folder that {@link removeLeftovers} knows. */
    async temporary(): Promise<string> {
      return mkdtemp(join(root, `tmp-${process.pid}-`)).catch((error: unknown) => {
        throw new Failure(
          'space',
          `nothing can be written to ${root} (${messageOf(error)}): set XDG_CACHE_HOME to a folder that you may write to`,
        );
      });
    },

    /** The entry of a recipe, when it is complete. */
    async find(recipe: Recipe): Promise<Entry | undefined> {
      const folder = join(root, nameOf(recipe));
      return readFile(join(folder, recipeFile), 'utf8').then(
        () => ({ folder, recipe }),
        () => undefined,
      );
    },

    /** Makes a finished folder an entry, in one step; one that another process made meanwhile is kept. */
    async add(folder: string, recipe: Recipe): Promise<Entry> {
      await writeFile(join(folder, recipeFile), `${JSON.stringify(recipe, null, 2)}\n`);
      const target = join(root, nameOf(recipe));
      await rename(folder, target).catch(async (error: unknown) => {
        if ((await this.find(recipe)) === undefined) throw error;
      });
      return { folder: target, recipe };
    },

    /** Removes an entry that turned out not to work. */
    async remove({ folder }: Entry): Promise<void> {
      await rm(folder, { recursive: true, force: true });
    },

    /** Names of all entries. */
    async list(): Promise<string[]> {
      const names = await readdir(root).catch(() => []);
      return names.filter((name) => name.startsWith('tfjs-node'));
    },

    /** Removes the cache. */
    async clear(): Promise<void> {
      await rm(root, { recursive: true, force: true });
    },
  };
}

export type Cache = ReturnType<typeof createCache>;
