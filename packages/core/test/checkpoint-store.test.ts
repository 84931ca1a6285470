import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import { mkdtempSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MissingFileError, type CheckpointStore } from '../src/checkpoints/checkpoint-store.ts';
import type { FileSystem } from '../src/checkpoints/platform/file-system.ts';
import { folderStore } from '../src/checkpoints/platform/node.ts';
import { memoryStore } from '../src/testing/memory-store.ts';

let dir: string;
beforeEach(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'checkpoints-'));
});
afterEach(() => fs.rm(dir, { recursive: true, force: true }));

/** Files that all hold the same, so that a mixture shows. */
function files(content: string): Map<string, Uint8Array[]> {
  const bytes = Array.from(content).map((character) =>
    new TextEncoder().encode(character.repeat(50)),
  );
  return new Map(
    ['weights.safetensors', 'optimizer.safetensors', 'state.json'].map((file) => [file, bytes]),
  );
}

/** What a checkpoint holds; undefined where there is none. */
async function contentOf(store: CheckpointStore, name: string): Promise<string | undefined> {
  if (!(await store.list()).includes(name)) return undefined;
  const texts = await Promise.all(
    [...files('').keys()].map(async (file) =>
      new TextDecoder().decode(await store.read(name, file)),
    ),
  );
  expect(new Set(texts).size).toBe(1);
  return texts[0]!.replace(/(.)\1{49}/g, '$1');
}

interface Operation {
  readonly name: string;
  readonly args: readonly unknown[];
}

type Run = (...args: unknown[]) => Promise<unknown>;

/** What a process that was killed would not have left open. */
const opened: fs.FileHandle[] = [];
afterEach(() => Promise.all(opened.splice(0).map((file) => file.close().catch(() => undefined))));

/** Node's file system, in which `before` sees every operation, and may throw in its place. */
function watched(before: (operation: Operation, run: Run) => Promise<void>): FileSystem {
  const wrap = <T extends object>(target: T, prefix: string): T =>
    new Proxy(target, {
      get(_, key) {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== 'function') return value;
        const run = (value as Run).bind(target);
        return async (...args: unknown[]) => {
          await before({ name: prefix + String(key), args }, run);
          const result = await run(...args);
          if (key !== 'open') return result;
          opened.push(result as fs.FileHandle);
          return wrap(result as object, 'file.');
        };
      },
    });
  return wrap(fs as FileSystem, '');
}

/** The process ends at an operation: what was to be written is half there, and nothing more is done. */
function killedAt(at: number): FileSystem {
  let count = 0;
  return watched(async ({ name, args }, run) => {
    if (count++ < at) return;
    if (count - 1 === at && name === 'file.writeFile') {
      const chunk = args[0] as Uint8Array;
      await run(chunk.subarray(0, chunk.length / 2));
    }
    throw new Error('killed');
  });
}

/** One operation fails. */
function failingAt(at: number, code: string): FileSystem {
  let count = 0;
  return watched(async () => {
    if (count++ === at) throw Object.assign(new Error(`${code}: it failed`), { code });
  });
}

for (const [kind, make] of Object.entries({
  memory: () => memoryStore(),
  folder: () => folderStore(join(dir, 'runs', 'a')),
}))
  describe(`a ${kind} store`, () => {
    test('keeps what is written, replaces it, and removes it', async () => {
      const store = make();
      expect(await store.list()).toEqual([]);
      await store.write('step-1', files('a'));
      await store.write('step-2', files('b'));
      await store.write('step-1', files('longer'));
      expect((await store.list()).sort()).toEqual(['step-1', 'step-2']);
      expect(await contentOf(store, 'step-1')).toBe('longer');
      expect(await contentOf(store, 'step-2')).toBe('b');
      await store.remove('step-1');
      await store.remove('step-1');
      expect(await store.list()).toEqual(['step-2']);
    });

    test('a replaced checkpoint has only the new files', async () => {
      const store = make();
      await store.write('a', new Map([['callbacks.safetensors', [new Uint8Array(3)]]]));
      await store.write('a', files('b'));
      await expect(store.read('a', 'callbacks.safetensors')).rejects.toThrow(MissingFileError);
    });

    test('says which file is not there', async () => {
      const store = make();
      await store.write('a', files('b'));
      for (const name of ['a', 'b'])
        await expect(store.read(name, 'none.json')).rejects.toThrow(
          new MissingFileError(store.place, name, 'none.json'),
        );
    });

    test('keeps a file of no bytes and one of many chunks', async () => {
      const store = make();
      const chunks = Array.from({ length: 100 }, (_, i) => new Uint8Array([i]));
      await store.write(
        'a',
        new Map([
          ['empty', []],
          ['many', chunks],
        ]),
      );
      expect(await store.read('a', 'empty')).toEqual(new Uint8Array());
      expect(Array.from(await store.read('a', 'many'))).toEqual(chunks.map(([byte]) => byte));
    });

    for (const name of [
      '',
      '.',
      '..',
      '../x',
      'a/b',
      'a\\b',
      '.hidden',
      'a\0b',
      'a~b',
      'a:b',
      'a.',
      'a ',
      'x'.repeat(151),
      '\ud800',
    ])
      test(`refuses the name ${JSON.stringify(name).slice(0, 20)}`, async () => {
        const store = make();
        await expect(store.write(name, files('a'))).rejects.toThrow(/^checkpoint: a name must/);
        await expect(store.write('a', new Map([[name, []]]))).rejects.toThrow(
          /^checkpoint: a name must/,
        );
        expect(await store.list()).toEqual([]);
      });

    test('takes unusual names', async () => {
      const store = make();
      for (const name of ['my run (2)', 'ümläut 😀', '__proto__', 'x'.repeat(150)]) {
        await store.write(name, files('a'));
        expect(await contentOf(store, name)).toBe('a');
      }
    });

    test('many writes at once are all there', async () => {
      const store = make();
      const names = Array.from({ length: 8 }, (_, i) => `step-${i}`);
      await Promise.all([...names, ...names].map((name) => store.write(name, files(name))));
      for (const name of names) expect(await contentOf(store, name)).toBe(name);
      expect((await store.list()).sort()).toEqual(names);
    });
  });

describe('a write to a folder', () => {
  test('is on the disk before it has its name', async () => {
    const log: string[] = [];
    const store = folderStore(
      join(dir, 'new', 'folder'),
      watched(async ({ name, args }) => {
        const [path, ...rest] = args.filter((arg) => typeof arg === 'string');
        log.push(
          [
            name,
            path?.replace(dir, '<dir>').replace(/~[^/]*/, '~'),
            ...rest.map((to) => to.replace(dir, '<dir>')),
          ]
            .filter(Boolean)
            .join(' '),
        );
      }),
    );
    await store.write(
      'a',
      new Map([
        ['x', [new Uint8Array(1)]],
        ['y', []],
      ]),
    );
    expect(log.filter((line) => !line.startsWith('readdir') && !line.startsWith('stat'))).toEqual([
      'mkdir <dir>/new',
      'open <dir> r',
      'file.sync',
      'file.close',
      'mkdir <dir>/new/folder',
      'open <dir>/new r',
      'file.sync',
      'file.close',
      'mkdir <dir>/new/folder/.a~',
      'open <dir>/new/folder/.a~/x wx',
      'file.writeFile',
      'file.sync',
      'file.close',
      'open <dir>/new/folder/.a~/y wx',
      'file.sync',
      'file.close',
      'open <dir>/new/folder/.a~ r',
      'file.sync',
      'file.close',
      'rename <dir>/new/folder/.a~ <dir>/new/folder/a',
      'open <dir>/new/folder r',
      'file.sync',
      'file.close',
      'rm <dir>/new/folder/.a~',
    ]);
  });

  for (const old of [undefined, 'old'])
    test(`that is killed at any point leaves ${old ? 'the old one or the new one' : 'nothing or all of it'}, and no debris after the next write`, async () => {
      const outcomes = new Set<string | undefined>();
      let at = 0;
      for (let finished = false; !finished; at++) {
        const folder = join(dir, `${at}`);
        if (old) await folderStore(folder).write('best', files(old));
        await folderStore(folder).write('other', files('other'));
        finished = await folderStore(folder, killedAt(at))
          .write('best', files('new'))
          .then(
            () => true,
            () => false,
          );
        const after = folderStore(folder);
        const left = await contentOf(after, 'best');
        expect([old, 'new']).toContain(left);
        outcomes.add(left);
        if (finished) expect(left).toBe('new');
        // Looking changes nothing.
        expect(await contentOf(after, 'best')).toBe(left);
        expect(await contentOf(after, 'other')).toBe('other');
        await after.write('next', files('next'));
        expect(await contentOf(after, 'best')).toBe(left);
        const expected = ['next', 'other', ...(left === undefined ? [] : ['best'])];
        expect((await fs.readdir(folder)).sort()).toEqual(expected.sort());
        await after.write('best', files('newest'));
        expect(await contentOf(after, 'best')).toBe('newest');
        await after.remove('best');
        expect(await contentOf(after, 'best')).toBe(undefined);
        expect((await fs.readdir(folder)).sort()).toEqual(['next', 'other']);
      }
      expect(outcomes).toEqual(new Set([old, 'new']));
      expect(at).toBeGreaterThan(20);
    });

  test('whose cleaning is killed at any point loses nothing either', async () => {
    // Between the two renames: only what stepped aside is there.
    const interrupted = async (folder: string) => {
      await folderStore(folder).write('best', files('old'));
      let renames = 0;
      const files_ = watched(async ({ name }) => {
        if (name === 'rename' ? ++renames === 3 : renames > 2) throw new Error('killed');
      });
      await expect(folderStore(folder, files_).write('best', files('new'))).rejects.toThrow(
        'killed',
      );
      expect(await fs.readdir(folder)).not.toContain('best');
      expect(await folderStore(folder).list()).toEqual(['best']);
      expect(await contentOf(folderStore(folder), 'best')).toBe('old');
    };
    let at = 0;
    for (let finished = false; !finished; at++) {
      const folder = join(dir, `${at}`);
      await interrupted(folder);
      finished = await folderStore(folder, killedAt(at))
        .write('next', files('next'))
        .then(
          () => true,
          () => false,
        );
      expect(await contentOf(folderStore(folder), 'best')).toBe('old');
    }
    for (const operation of ['remove', 'write'] as const) {
      const folder = join(dir, operation);
      await interrupted(folder);
      const store = folderStore(folder);
      await (operation === 'remove' ? store.remove('best') : store.write('best', files('newest')));
      expect(await contentOf(store, 'best')).toBe(operation === 'remove' ? undefined : 'newest');
    }
  });

  for (const code of ['ENOSPC', 'EIO', 'EACCES'])
    test(`in which an operation fails with ${code} leaves the old ones, no debris, and says so`, async () => {
      let failures = 0;
      for (let at = 0, finished = false; !finished; at++) {
        const folder = join(dir, `${code}${at}`);
        await folderStore(folder).write('best', files('old'));
        let counted = 0;
        const failing = failingAt(at, code);
        const store = folderStore(folder, failing);
        const error = await store.write('best', files('new')).then(
          () => undefined,
          (error: unknown) => error as Error,
        );
        counted = (await fs.readdir(folder)).length;
        const left = await contentOf(folderStore(folder), 'best');
        if (error) {
          failures++;
          expect(error.message).toBe(
            `checkpoint: could not write best to ${folder}: ${code}: it failed`,
          );
          expect(['old', 'new']).toContain(left);
        } else {
          expect(left).toBe('new');
          // Beyond the last operation nothing fails any more.
          finished = (await countOf(folder)) <= at;
        }
        expect(counted).toBeLessThanOrEqual(2);
        await folderStore(folder).write('next', files('next'));
        expect((await fs.readdir(folder)).sort()).toEqual(['best', 'next']);
      }
      expect(failures).toBeGreaterThan(15);
    });

  /** How many operations a replacing write takes. */
  async function countOf(folder: string): Promise<number> {
    let count = 0;
    await folderStore(
      folder,
      watched(async () => {
        count++;
      }),
    ).write('best', files('new'));
    return count;
  }

  test('to a folder that can’t be one says so', async () => {
    await fs.writeFile(join(dir, 'file'), '');
    const store = folderStore(join(dir, 'file'));
    await expect(store.write('a', files('a'))).rejects.toThrow(/could not write a to .*file: E/);
    await expect(store.list()).rejects.toThrow(
      /^checkpoint: .+ is no folder to keep checkpoints in: (EEXIST|ENOTDIR)/,
    );
    await expect(store.read('a', 'state.json')).rejects.toThrow(MissingFileError);
  });
});

(process.platform === 'linux' ? test : test.skip)(
  'a folder where none can be made is refused and not tried for ever',
  async () => {
    await expect(folderStore('/proc/none/here').prepare()).rejects.toThrow(
      '/proc/none/here is no folder to keep checkpoints in: ENOENT',
    );
  },
);

describe('names of writes', () => {
  const temporary = (pid: number | string, host = hostname().replace(/[^\w.-]/g, '_')) =>
    `.step-3~${host}~${pid}~0~0123456789ab`;

  test('of living processes stay, those of dead ones go with the next write', async () => {
    const store = folderStore(dir);
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      stdio: 'ignore',
    });
    const exited = once(child, 'exit');
    await once(child, 'spawn');
    const path = temporary(child.pid!);
    try {
      await fs.mkdir(join(dir, path));
      await fs.writeFile(join(dir, path, 'state.json'), '{}');
      expect(await store.list()).toEqual([]);
      await store.write('a', files('a'));
      expect((await fs.readdir(dir)).sort()).toEqual([path, 'a']);
    } finally {
      child.kill('SIGKILL');
      await exited;
    }
    expect(await store.list()).toEqual(['a']);
    await store.write('b', files('b'));
    expect((await fs.readdir(dir)).sort()).toEqual(['a', 'b']);
  });

  test('of another machine stay a day', async () => {
    const store = folderStore(dir);
    const paths = [temporary(1, 'elsewhere'), temporary(2, 'elsewhere')];
    for (const path of paths) await fs.mkdir(join(dir, path));
    const days = new Date(Date.now() - 25 * 60 * 60 * 1000);
    await fs.utimes(join(dir, paths[0]!), days, days);
    await store.write('a', files('a'));
    expect((await fs.readdir(dir)).sort()).toEqual([paths[1], 'a']);
  });

  test('of a process before this one that had its number go', async () => {
    const store = folderStore(dir);
    const paths = [temporary(process.pid), temporary(process.pid).replace('~0~', '~77~')];
    for (const path of paths) await fs.mkdir(join(dir, path));
    const old = new Date(Date.now() - process.uptime() * 1000 - 60_000);
    for (const path of paths) await fs.utimes(join(dir, path), old, old);
    // Another thread of this process is writing.
    await fs.mkdir(join(dir, temporary(process.pid).replace('~0~', '~78~')));
    await store.write('a', files('a'));
    expect((await fs.readdir(dir)).sort()).toEqual([
      temporary(process.pid).replace('~0~', '~78~'),
      'a',
    ]);
  });

  test('and whatever else lies in the folder stay', async () => {
    const store = folderStore(dir);
    const others = ['.git', '.step-1', '.a~b', '.~x~y~z~0', 'notes.txt'];
    for (const name of others.slice(0, -1)) await fs.mkdir(join(dir, name));
    await fs.writeFile(join(dir, 'notes.txt'), '');
    await store.write('a', files('a'));
    expect((await fs.readdir(dir)).sort()).toEqual([...others, 'a'].sort());
    expect(await store.list()).toEqual(['a']);
  });

  test('in use are not taken from a write by another one that comes between', async () => {
    let between = 0;
    const store: CheckpointStore = folderStore(
      dir,
      watched(async ({ name }) => {
        if (name !== 'file.sync') return;
        between++;
        await folderStore(dir).write(`between-${between}`, files('between'));
      }),
    );
    await store.write('a', files('a'));
    expect(between).toBeGreaterThan(3);
    expect(await contentOf(store, 'a')).toBe('a');
    expect(await fs.readdir(dir)).toHaveLength(1 + between);
  });
});

/** A disk of 256 KiB, where one may be mounted. */
const tiny = mkdtempSync(join(tmpdir(), 'tiny-disk-'));
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', tiny], {
  encoding: 'utf8',
});
const noDisk = mounted.status === 0 ? undefined : (mounted.error?.message ?? mounted.stderr.trim());
if (noDisk !== undefined) console.warn(`test of a full disk skipped: no tmpfs: ${noDisk}`);
afterAll(async () => {
  if (noDisk === undefined) spawnSync('umount', [tiny]);
  await fs.rmdir(tiny);
});

(noDisk === undefined ? test : test.skip)(
  'a full disk keeps the old ones and no debris',
  async () => {
    const store = folderStore(tiny);
    const big = (content: number, size: number) =>
      new Map([
        ['weights.safetensors', [new Uint8Array(size).fill(content)]],
        ['state.json', [new Uint8Array(1000).fill(content)]],
      ]);
    await store.write('a', big(1, 100_000));
    for (let tries = 0; tries < 5; tries++)
      for (const name of ['a', 'b'])
        await expect(store.write(name, big(2, 200_000))).rejects.toThrow(
          /^checkpoint: could not write . to .*ENOSPC/,
        );
    expect(await fs.readdir(tiny)).toEqual(['a']);
    expect(await store.read('a', 'weights.safetensors')).toEqual(new Uint8Array(100_000).fill(1));
    await store.write('a', big(3, 100_000));
    expect(await store.read('a', 'state.json')).toEqual(new Uint8Array(1000).fill(3));
  },
);
