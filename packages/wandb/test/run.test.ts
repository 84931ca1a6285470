import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { LogInUseError } from '../src/log-errors.ts';
import { memoryStorage } from '../src/memory-storage.ts';
import { logFiles } from '../src/platform/log-file.ts';
import type { Platform } from '../src/platform/platform.ts';
import { wandbImage } from '../src/media/image.ts';
import { RunRefusedError } from '../src/run-opener.ts';
import { openRun, type OpenRunOptions } from '../src/run.ts';
import { syncRun } from '../src/sync-run.ts';
import type { Artifact, WandbRun } from '../src/wandb-run.ts';
import { quietPlatform } from './quiet-platform.ts';
import { recordsOf, rowsOf, totalOf } from './read-run.ts';
import { historyOf, summaryOf } from './server-run.ts';
import { wandbServer, type WandbServer } from './server.ts';

const KEY = '0123456789abcdef0123456789abcdef01234567';
type Row = Record<string, unknown>;
const quiet = { console: false, stats: false, mode: 'offline' } as const;

let dir: string;
let said: string[];
let here: Platform;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tfloop-run-'));
  said = [];
  here = quietPlatform(said);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await setTimeout(5);
};

/** What a descriptor is of. */
function linkOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return '';
  }
}

const open = (options: OpenRunOptions = {}) =>
  openRun({ ...quiet, dir, ...options }, { platform: here });

describe('rows', () => {
  test('are in the log, with step and times, before anything else happens', async () => {
    const run = await open();
    const before = Date.now() / 1000;
    run.log({ loss: 0.5 });
    run.log({ loss: tf.scalar(0.25), big: 12n, at: new Date(0) });
    const [first, second] = rowsOf(run.folder);
    expect(first).toEqual({
      loss: 0.5,
      _step: 0,
      _runtime: expect.any(Number),
      _timestamp: expect.any(Number),
    });
    expect(Number(first?.['_timestamp'])).toBeGreaterThanOrEqual(before);
    expect(second).toMatchObject({
      loss: 0.25,
      big: 12,
      at: '1970-01-01T00:00:00.000Z',
      _step: 1,
    });
    expect(run.step).toBe(2);
    await run.finish();
  });

  test('that are open for more are in the log as well, and in the upload when they are whole', async () => {
    const server = await wandbServer();
    try {
      const run = await openRun(
        { ...quiet, dir, id: 'open', mode: 'online', apiKey: KEY, baseUrl: server.baseUrl },
        { platform: here, timing: { interval: 5, maxInterval: 5 } },
      );
      run.defineMetric('a', { summary: ['max'] });
      const seen = () => rowsOf(run.folder).map(({ _step, a, b, c }) => [_step, a, b, c]);
      run.log({ a: 1 }, { step: 3 });
      expect(seen()).toEqual([[3, 1, undefined, undefined]]);
      run.log({ b: 2, a: 2 }, { step: 3 });
      expect(seen()).toEqual([[3, 2, 2, undefined]]);
      // Whatever else comes stands before it.
      run.config({ late: true });
      run.summary({ own: 1 });
      expect(seen()).toEqual([[3, 2, 2, undefined]]);
      await until(() => 'late' in (server.run('open')?.config ?? {}));
      expect(historyOf(server.run('open'))).toEqual([]);
      run.log({ c: 3 }, { step: 3, commit: true });
      run.log({ c: 4 }, { commit: false });
      expect(seen()).toEqual([
        [3, 2, 2, 3],
        [4, undefined, undefined, 4],
      ]);
      await run.finish();
      expect(seen()).toEqual(
        historyOf(server.run('open')).map(({ _step, a, b, c }) => [_step, a, b, c]),
      );
      expect(recordsOf(run.folder).at(-1)).toHaveProperty('exit');
    } finally {
      await server.close();
    }
  });

  test('of one step become one row', async () => {
    const run = await open();
    run.log({ a: 1 }, { step: 3 });
    run.log({ b: 2, a: 2 }, { step: 3 });
    run.log({ c: 3 }, { commit: false });
    run.log({ d: 4 }, { step: 5 });
    run.log({ late: 5 }, { step: 4 });
    await run.finish();
    expect(rowsOf(run.folder)).toMatchObject([
      { _step: 3, a: 2, b: 2, c: 3 },
      { _step: 5, d: 4, late: 5 },
    ]);
    expect(said.join()).toContain('steps only rise');
  });

  test('never change what they are given, and never throw', async () => {
    const run = await open();
    const circular: Record<string, unknown> = { a: 1 };
    circular['self'] = circular;
    const row = Object.freeze({ circular, bad: () => 1, loss: 1 });
    run.log(row);
    run.log(row);
    run.log({ loss: 2, _step: 99 });
    await run.finish();
    const rows = rowsOf(run.folder);
    expect(rows.map(({ loss, _step }) => [loss, _step])).toEqual([
      [1, 0],
      [1, 1],
      [2, 2],
    ]);
    expect(said.filter((line) => line.includes('"bad"'))).toHaveLength(1);
  });

  test('after the end are dropped with one line', async () => {
    const run = await open();
    const [one, other] = [run.finish(2), run.finish(3)];
    expect(await one).toBe(await other);
    run.log({ a: 1 });
    run.config({ a: 1 });
    expect(rowsOf(run.folder)).toEqual([]);
    expect(recordsOf(run.folder).at(-1)).toEqual({ exit: { exitCode: 2, runtime: 0 } });
    expect(said.filter((line) => line.includes('after the end'))).toHaveLength(1);
  });
});

test('the summary has the last values, defined ones their least, and what is set by hand', async () => {
  const run = await open();
  run.defineMetric('valid/*', { step: 'epoch', summary: ['min'] });
  for (const loss of [3, 1, 2]) run.log({ 'valid/loss': loss, epoch: loss, other: loss });
  run.summary({ own: 'x' });
  await run.finish();
  expect(totalOf(run.folder, 'summary')).toMatchObject({
    'valid/loss': { min: 1 },
    other: 2,
    own: 'x',
  });
  const metrics = recordsOf(run.folder).filter((record) => 'metric' in record);
  expect(metrics).toEqual([
    { metric: { name: 'valid/loss', stepMetric: 'epoch', stepSync: true, summary: ['min'] } },
  ]);
});

describe('the key', () => {
  test('is in nothing that the run shows, says or writes', async () => {
    const env: Record<string, string> = { WANDB_API_KEY: KEY, WANDB_MODE: 'offline' };
    const with_ = { ...here, host: { ...here.host, env: (name: string) => env[name] } };
    const texts = { name: KEY, notes: KEY, group: KEY, jobType: KEY, tags: [KEY] };
    const run = await openRun({ dir, stats: false, ...texts }, { platform: with_ });
    run.config({
      api_key: 'hidden',
      nested: { password: 'hidden' },
      text: `key ${KEY}`,
      tokenizer: 'bpe',
    });
    run.log({ text: KEY, list: [KEY] });
    run.summary({ text: KEY });
    run.alert({ title: KEY, text: KEY });
    run.log({ [KEY]: 1, nested: { [KEY]: 1 } });
    run.log({ [KEY]: 1 }, { commit: false });
    run.config({ [KEY]: 1 });
    run.defineMetric(`${KEY}*`, { step: KEY });
    run.file(`${KEY}.txt`, new Uint8Array([1]));
    run.artifact({
      name: KEY,
      type: 't',
      description: KEY,
      metadata: { text: KEY },
      files: new Map([[KEY, new Uint8Array([1])]]),
    });
    const position = JSON.stringify(run.state());
    process.stdout.write(`WANDB_API_KEY=${KEY}\n`);
    run.log({
      broken: Object.defineProperty({}, 'x', {
        enumerable: true,
        get() {
          throw new Error(KEY);
        },
      }),
    });
    await run.finish();
    const shown = [
      inspect(run, { showHidden: true, depth: 9, getters: true }),
      JSON.stringify(run),
      said.join('\n'),
      position,
    ];
    expect(shown.join('\n')).not.toContain(KEY);
    for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
      const path = join(dir, name);
      expect(name).not.toContain(KEY);
      if (statSync(path).isFile()) {
        const bytes = readFileSync(path, 'latin1');
        expect(bytes).not.toContain(KEY);
        expect(bytes).not.toContain('hidden');
      }
    }
    const log = JSON.stringify(recordsOf(run.folder));
    expect(log).toContain('bpe');
    expect(log).toContain('WANDB_API_KEY=[redacted]');
  });
});

describe('resume', () => {
  test("'allow' goes on with the run of the id, or begins it", async () => {
    const first = await open({ id: 'x', resume: 'allow' });
    first.config({ a: 1 });
    first.defineMetric('best', { summary: ['max'] });
    first.log({ best: 7 });
    first.log({ best: 3 });
    await first.finish(1);
    const second = await open({ id: 'x', resume: 'allow' });
    expect([second.folder, second.step]).toEqual([first.folder, 2]);
    second.config({ a: 1, b: 2 });
    second.log({ best: 5 });
    expect(await second.finish()).toMatchObject({ rows: 3, pendingRows: 3 });
    expect(rowsOf(second.folder).map(({ _step }) => _step)).toEqual([0, 1, 2]);
    const records = recordsOf(second.folder);
    expect(records.filter((record) => 'exit' in record)).toEqual([
      { exit: { exitCode: 0, runtime: expect.any(Number) } },
    ]);
    expect(records.filter((record) => 'run' in record)).toHaveLength(1);
    const config = records.flatMap((record) => ('config' in record ? record.config.update : []));
    expect(config.map(({ key }) => key)).toEqual(['a', 'b']);
    expect(JSON.stringify(records)).toContain('{\\"max\\":7}');
  });

  test("'must' refuses a run that is not there, 'never' one that is", async () => {
    await expect(open({ id: 'x', resume: 'must' })).rejects.toThrow(RunRefusedError);
    await expect(open({ resume: 'must' })).rejects.toThrow(
      /^openRun: resume 'must' .* needs an id/,
    );
    const run = await open({ id: 'x', resume: 'never' });
    await run.finish();
    await expect(open({ id: 'x', resume: 'never' })).rejects.toThrow("resume is 'never', but");
    await (await open({ id: 'x', resume: 'must' })).finish();
  });

  test('without it a second run of an id gets another one, and says so', async () => {
    await (await open({ id: 'x' })).finish();
    const run = await open({ id: 'x' });
    expect(run.id).toMatch(/^x-.{4}$/);
    expect(said.join()).toContain("resume: 'allow'");
    await run.finish();
  });

  test("'auto' goes on with the newest run that did not end well", async () => {
    const first = await open({ id: 'x', resume: 'auto', project: 'p' });
    first.log({ a: 1 });
    await first.finish(1);
    const second = await open({ resume: 'auto', project: 'p' });
    expect([second.id, second.step]).toEqual(['x', 1]);
    await second.finish(0);
    const third = await open({ resume: 'auto', project: 'p' });
    expect([third.id === 'x', third.step]).toEqual([false, 0]);
    await third.finish();
  });

  test('from a position drops what came after it, and cuts a torn end', async () => {
    const first = await open({ id: 'x' });
    first.log({ a: 1 });
    const from = first.state();
    first.log({ a: 2 });
    first.log({ a: 3 });
    first.sync();
    // Where the process dies its lock stays, which is no longer this process's in a copy.
    const copy = join(dir, 'copy');
    cpSync(join(dir, 'wandb'), join(copy, 'wandb'), { recursive: true });
    const second = await open({ from, dir: copy });
    second.log({ a: 22 });
    await second.finish();
    expect(rowsOf(second.folder).map(({ a, _step }) => [a, _step])).toEqual([
      [1, 0],
      [22, 1],
    ]);

    const log = join(second.folder ?? '', 'run-x.wandb');
    writeFileSync(log, readFileSync(log).subarray(0, -3));
    const third = await open({ id: 'x', resume: 'must', dir: copy });
    third.log({ a: 33 });
    await third.finish();
    expect(rowsOf(third.folder).map(({ a }) => a)).toEqual([1, 22, 33]);
    await first.finish();
  });
});

describe('a folder', () => {
  test('has one writer: a run that would be the second becomes another one', async () => {
    const first = await open({ id: 'x' });
    first.log({ i: 0 });
    const from = first.state();
    for (const options of [{ id: 'x', resume: 'allow' }, { from }] as const) {
      const second = await open(options);
      expect(second.id).toMatch(/^x-.{4}$/);
      second.log({ second: true });
      await second.finish();
    }
    await expect(open({ id: 'x', resume: 'must' })).rejects.toThrow(/another process is writing/);
    const other = await open({ resume: 'auto' });
    expect(other.id).not.toBe('x');
    first.log({ i: 1 });
    await Promise.all([first.finish(), other.finish()]);
    expect(rowsOf(first.folder).map(({ i }) => i)).toEqual([0, 1]);
    expect(said.filter((line) => line.includes('another process is writing'))).toHaveLength(2);
    const again = await open({ id: 'x', resume: 'must' });
    expect(again.step).toBe(2);
    await again.finish();
  });

  test('whose log is garbage is passed over, and costs nothing', async () => {
    const first = await open({ id: 'x' });
    await first.finish(1);
    const broken = join(dir, 'wandb', 'offline-run-29991231_235959-broken');
    mkdirSync(broken);
    writeFileSync(join(broken, 'run-broken.wandb'), 'garbage');
    const run = await open({ resume: 'auto' });
    expect(run.id).toBe('x');
    await run.finish();
    expect(said.join()).toMatch(/run-?.*broken can't be read .* it is passed over/);
  });

  (process.platform === 'linux' ? test : test.skip)(
    'that can not be made is told of at once, wherever it would be',
    async () => {
      const run = await open({ dir: '/proc/there/is/none' });
      run.log({ i: 0 });
      expect([run.folder, (await run.finish()).rows]).toEqual([undefined, 1]);
      expect(said.join()).toContain("can't be written (Error: ENOENT");
    },
  );
});

describe('online', () => {
  let server: WandbServer;
  beforeEach(async () => void (server = await wandbServer()));
  afterEach(() => server.close());
  const online = (options: OpenRunOptions = {}, platform = here) =>
    openRun(
      { ...quiet, dir, mode: 'online', apiKey: KEY, baseUrl: server.baseUrl, ...options },
      { platform, timing: { interval: 20, backoff: { min: 1, max: 2 } } },
    );

  test('goes on with a run that only the service has', async () => {
    const first = await online({ id: 'x' });
    for (let i = 0; i < 5; i++) first.log({ i });
    await first.finish(1);
    rmSync(join(dir, 'wandb'), { recursive: true });
    const second = await online({ id: 'x', resume: 'must' });
    expect(second.step).toBe(5);
    second.log({ i: 5 });
    expect(await second.finish()).toMatchObject({ pendingRows: 0 });
    expect(historyOf(server.run('x')).map(({ i, _step }) => [i, _step])).toEqual(
      Array.from({ length: 6 }, (_, i) => [i, i]),
    );
    expect(server.run('x')).toMatchObject({ complete: true, exitCode: 0, faults: [] });
    await expect(online({ id: 'y', resume: 'must' })).rejects.toThrow(
      'the service has no run of the id y',
    );
  });

  test('goes on from a checkpoint after more than that was uploaded', async () => {
    const first = await online({ id: 'x' });
    for (let i = 0; i < 5; i++) first.log({ i });
    const from = first.state();
    for (let i = 5; i < 9; i++) first.log({ i });
    await first.finish(1);
    const second = await online({ from });
    for (let i = 5; i < 12; i++) second.log({ i: i * 10 });
    await second.finish();
    expect(historyOf(server.run('x')).map(({ i }) => i)).toEqual([
      0, 1, 2, 3, 4, 50, 60, 70, 80, 90, 100, 110,
    ]);
    expect(summaryOf(server.run('x'))).toMatchObject({ i: 110, _step: 11 });
  });

  test.each(['another folder', 'a checkpoint of a page'])(
    'goes on from a checkpoint in %s without a row twice',
    async (where) => {
      const page = { ...here };
      delete (page as Partial<typeof page>).logFiles;
      const platform = where === 'another folder' ? here : page;
      const first = await online({ id: 'x' }, platform);
      for (let i = 0; i < 5; i++) first.log({ i });
      const from = first.state();
      for (let i = 5; i < 9; i++) first.log({ i });
      await first.finish(1);
      const second = await online({ from, dir: join(dir, 'second') }, platform);
      for (let i = 5; i < 8; i++) second.log({ i: i * 10 });
      const again = second.state();
      second.log({ i: 0 });
      await second.finish(1);
      const third = await online({ from: again, dir: join(dir, 'third') }, platform);
      for (let i = 8; i < 12; i++) third.log({ i: i * 10 });
      await third.finish();
      expect(historyOf(server.run('x')).map(({ i }) => i)).toEqual([
        0, 1, 2, 3, 4, 50, 60, 70, 80, 90, 100, 110,
      ]);
      expect(historyOf(server.run('x')).map(({ _step }) => _step)).toEqual(
        Array.from({ length: 12 }, (_, i) => i),
      );
      expect(server.run('x')?.faults.filter((fault) => fault.includes('hole'))).toEqual([]);
    },
  );

  test('keeps what the service did not take of files and artifacts for later, and says so', async () => {
    const artifact = (name: string) => ({
      name,
      type: 'model',
      files: new Map([['w', Buffer.from(name)]]),
    });
    server.setFaults([{ operations: ['put'], effect: { kind: 'status', status: 404 }, to: 4 }]);
    const run = await online({ id: 'x' });
    run.file('a.txt', Buffer.from('a'));
    run.artifact(artifact('first'));
    await until(() => server.struck === 2);
    server.setFaults([{ operations: ['put'], effect: { kind: 'status', status: 404 } }]);
    run.log({ i: 0 });
    const report = await run.finish();
    expect(report).toMatchObject({ pendingRows: 0, pendingFiles: 2 });
    const call = `syncRun(${JSON.stringify(run.folder)})`;
    expect(report.syncCommand).toBe(call);
    expect(said.at(-1)).toBe(
      `wandb: 0 of 1 rows and 2 files, artifacts or alerts are not uploaded; upload them with: ${call}`,
    );
    expect(server.run('x')).toMatchObject({ complete: true, files: {} });

    // Still refused, then taken.
    const options = { baseUrl: server.baseUrl, apiKey: KEY, silent: true };
    expect(await syncRun(run.folder ?? '', options)).toMatchObject({ pendingFiles: 2 });
    server.setFaults([]);
    expect(await syncRun(run.folder ?? '', options)).toMatchObject({
      pendingFiles: 0,
      syncCommand: undefined,
    });
    expect(Object.keys(server.run('x')?.files ?? {})).toEqual(['a.txt']);
    expect(server.artifacts).toMatchObject([{ state: 'COMMITTED' }]);
    const puts = server.requests.filter(({ operation }) => operation === 'put').length;
    await syncRun(run.folder ?? '', options);
    expect(server.requests.filter(({ operation }) => operation === 'put')).toHaveLength(puts);
  });

  (process.platform === 'linux' ? test : test.skip)('leaves no file open', async () => {
    const count = () =>
      readdirSync('/proc/self/fd').filter((fd) => linkOf(fd).includes(dir)).length;
    for (let i = 0; i < 3; i++) {
      const run = await online();
      run.log({ i });
      await run.finish();
    }
    expect(count()).toBe(0);
  });

  test('uploads 25,000 rows that come at once, before it ends', async () => {
    const run = await online({ id: 'x' });
    for (let i = 0; i < 25_000; i++) run.log({ i });
    expect(await run.finish()).toMatchObject({ uploadedRows: 25_000, pendingRows: 0 });
    const rows = historyOf(server.run('x'));
    expect(rows).toHaveLength(25_000);
    expect(rows.every(({ i }, row) => i === row)).toBe(true);
  });

  test('uploads all of a run that no folder could be made for', async () => {
    writeFileSync(join(dir, 'wandb'), 'a file where the folder belongs');
    const run = await online();
    run.log({ i: 1 });
    expect(run.folder).toBeUndefined();
    expect(await run.finish()).toMatchObject({ rows: 1, pendingRows: 0 });
    expect(said.join()).toContain('the run is uploaded from memory');
    expect(historyOf(server.run(run.id))).toMatchObject([{ i: 1 }]);
  });

  test('uploads all of a run that goes on and whose log can not be written any more', async () => {
    const fails = (): never => {
      throw Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' });
    };
    const { folders } = here;
    if (!folders) throw new Error('there are folders in Node');
    for (const [id, readOnly] of Object.entries({
      x: { ...here, logFiles: { ...logFiles, append: fails } },
      y: { ...here, folders: { ...folders, make: fails } },
      // Of which the service has nothing yet.
      z: { ...here, logFiles: { ...logFiles, append: fails } },
    })) {
      const first = await online({ id, mode: id === 'z' ? 'offline' : 'online' });
      first.defineMetric('a', { summary: ['max'] });
      first.config({ lr: 1 });
      for (const a of [3, 1]) first.log({ a });
      await first.finish(1);
      const run = await online({ id, resume: 'must' }, readOnly);
      expect(run.folder).toBeUndefined();
      expect(run.step).toBe(2);
      run.log({ a: 2 });
      run.log({ b: 4 });
      expect(await run.finish()).toMatchObject({ rows: 4, uploadedRows: 4, pendingRows: 0 });
      expect(said.join()).toContain('the run is uploaded from memory');
      expect(historyOf(server.run(id)).map(({ a, b, _step }) => [_step, a, b])).toEqual([
        [0, 3, undefined],
        [1, 1, undefined],
        [2, 2, undefined],
        [3, undefined, 4],
      ]);
      expect(server.run(id)).toMatchObject({ complete: true, exitCode: 0, faults: [] });
      expect(summaryOf(server.run(id))).toMatchObject({ a: { max: 3 }, b: 4 });
      expect(server.run(id)?.config).toMatchObject({ lr: { value: 1 } });
      expect(JSON.stringify(server.run(id)?.config['_wandb'])).toContain('"1":"a"');
    }
  });

  test('a log that another process took meanwhile is left to it', async () => {
    const first = await online({ id: 'x' });
    first.log({ a: 1 });
    await first.finish(1);
    const taken = {
      ...here,
      logFiles: {
        ...logFiles,
        append: (path: string): never => {
          throw new LogInUseError(path, 'another one');
        },
      },
    };
    await expect(online({ id: 'x', resume: 'must' }, taken)).rejects.toThrow(
      'another process has written',
    );
    const run = await online({ id: 'x', resume: 'allow' }, taken);
    expect(run.id).toMatch(/^x-.{4}$/);
    run.log({ a: 2 });
    expect(await run.finish()).toMatchObject({ rows: 1, uploadedRows: 1 });
    expect(historyOf(server.run(run.id))).toMatchObject([{ a: 2, _step: 0 }]);
  });

  test('a run that is being written is synced but for a row that may be open, and is not all', async () => {
    const run = await open();
    const sync = () =>
      syncRun(run.folder ?? '', { baseUrl: server.baseUrl, apiKey: KEY, silent: true });
    const history = () => historyOf(server.run(run.id)).map(({ a, b }) => [a, b]);
    run.log({ a: 0 });
    run.log({ a: 1 }, { commit: false });
    expect(await sync()).toMatchObject({
      uploadedRows: 1,
      syncCommand: expect.stringContaining('sync'),
    });
    expect(history()).toEqual([[0, undefined]]);
    run.log({ b: 1 });
    run.log({ b: 2 }, { commit: false });
    run.config({ late: true });
    await sync();
    expect(history()).toEqual([
      [0, undefined],
      [1, 1],
    ]);
    await run.finish();
    expect(await sync()).toMatchObject({ rows: 3, pendingRows: 0, syncCommand: undefined });
    expect(history()).toEqual([
      [0, undefined],
      [1, 1],
      [undefined, 2],
    ]);
  });

  test('without files, as in a browser', async () => {
    const browser = { host: here.host, ...(here.fetch && { fetch: here.fetch }) };
    const run = await openRun(
      { ...quiet, mode: 'online', apiKey: KEY, baseUrl: server.baseUrl },
      { platform: browser },
    );
    for (let i = 0; i < 3000; i++) run.log({ i, text: 'x'.repeat(50) });
    expect(await run.finish()).toEqual({
      rows: 3000,
      uploadedRows: 3000,
      pendingRows: 0,
      lostRows: 0,
      tooLongRows: 0,
      pendingFiles: 0,
      syncCommand: undefined,
    });
  });
});

test('a full disk is told of once; rows wait, and are written when there is room', async () => {
  let isFull = false;
  const files: typeof logFiles = {
    ...logFiles,
    create(path) {
      const sink = logFiles.create(path);
      return {
        ...sink,
        replace(offset, bytes) {
          if (isFull) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
          sink.replace(offset, bytes);
        },
        write(bytes) {
          if (isFull) {
            sink.write(bytes.subarray(0, 3));
            throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
          }
          sink.write(bytes);
        },
      };
    },
  };
  const run = await openRun({ ...quiet, dir }, { platform: { ...here, logFiles: files } });
  run.log({ i: 0 });
  isFull = true;
  for (let i = 1; i < 10; i++) run.log({ i });
  run.sync();
  expect(rowsOf(run.folder)).toHaveLength(1);
  isFull = false;
  run.log({ i: 10 });
  await run.finish();
  expect(rowsOf(run.folder).map(({ i }) => Number(i))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(said.filter((line) => line.includes('ENOSPC'))).toHaveLength(1);
});

test('where nothing of a run is kept, open rows are not either', () => {
  const { storage, records } = memoryStorage(() => undefined, false);
  for (let step = 0; step < 3; step++) {
    storage.keep({ history: { step, items: [] } });
    storage.append({ history: { step, items: [] } });
  }
  expect(records().next()).toBeUndefined();
});

test('disabled is nothing at all', async () => {
  const listeners = () => [
    process.listenerCount('exit'),
    process.listenerCount('SIGINT'),
    Reflect.get(process.stdout, 'write'),
  ];
  const before = listeners();
  const run = await open({ mode: 'disabled', id: 'x' });
  expect(listeners()).toEqual(before);
  run.log({ a: 1 });
  run.artifact({ name: 'n', type: 't', files: new Map() });
  expect(await run.finish()).toEqual({
    rows: 0,
    uploadedRows: 0,
    pendingRows: 0,
    lostRows: 0,
    tooLongRows: 0,
    pendingFiles: 0,
    syncCommand: undefined,
  });
  expect([existsSync(join(dir, 'wandb')), said]).toEqual([false, []]);
});

test('nothing of a run stays in the process', async () => {
  const state = () => [
    process.listenerCount('exit'),
    process.listenerCount('SIGINT'),
    process.listenerCount('SIGTERM'),
    Reflect.get(process.stdout, 'write'),
    Reflect.get(process.stderr, 'write'),
  ];
  const before = state();
  const warned = jest.spyOn(process, 'emitWarning');
  const runs = await Promise.all(
    Array.from({ length: 12 }, () => openRun({ dir, mode: 'offline' }, { platform: here })),
  );
  expect(state()).not.toEqual(before);
  await Promise.all(runs.map((run) => run.finish()));
  expect(state()).toEqual(before);
  expect(warned).not.toHaveBeenCalled();
  warned.mockRestore();
});

test('a line each: kept in a folder for want of a key, and how to upload it', async () => {
  const run = await openRun({ dir, console: false, stats: false }, { platform: here });
  await run.finish();
  expect(said).toEqual([
    expect.stringMatching(/^wandb: there is no API key: .* kept in a folder only/),
    `wandb: 0 rows; upload them with: wandb sync ${run.folder}`,
  ]);
  said.length = 0;
  await (
    await openRun({ dir, console: false, stats: false, silent: true }, { platform: here })
  ).finish();
  expect(said).toEqual([]);
});

describe('a call of the wrong form', () => {
  const calls: [string, (run: WandbRun) => void, string][] = [
    ['an unknown option of a row', (run) => run.log({}, { stp: 7 } as object), 'option "stp"'],
    ['a step that is none', (run) => run.log({}, { step: NaN }), 'step must be an integer >= 0'],
    ['a step that is a text', (run) => run.log({}, { step: '7' } as object), 'got "7"'],
    ['a text as row', (run) => run.log('x' as unknown as object as Row), 'got string'],
    ['a list as row', (run) => run.log([1, 2] as unknown as Row), 'got a list'],
    ['null as row', (run) => run.log(null as unknown as Row), 'run.log takes an object'],
    ['a picture as row', (run) => run.log(picture as unknown as Row), 'run.log takes an object'],
    ['a number as configuration', (run) => run.config(5 as unknown as Row), 'run.config takes'],
    ['a list as summary', (run) => run.summary([] as unknown as Row), 'run.summary takes'],
    [
      'an unknown option of a metric',
      (run) => run.defineMetric('a', { summry: 1 } as object),
      'summry',
    ],
    [
      'a summary that is none',
      (run) => run.defineMetric('a', { summary: ['median' as 'mean'] }),
      'run.defineMetric: summary must be one of "min"',
    ],
    [
      'an alert that is none',
      (run) => run.alert({ title: 'a', level: 'FATAL' as 'WARN' }),
      'level',
    ],
    ['a text as file', (run) => run.file('a', 'x' as unknown as Uint8Array), 'a Uint8Array'],
    [
      'an artifact without files',
      (run) => run.artifact({ name: 'a', type: 'b' } as Artifact),
      'run.artifact: files must be a Map',
    ],
  ];
  const picture = wandbImage({ pixels: tf.zeros([2, 2]) });

  test.each(calls)('%s is told of by name, and thrown with strict', async (_, call, message) => {
    const run = await open();
    call(run);
    expect(said).toEqual([expect.stringMatching(/^wandb: not everything is logged: run\./)]);
    expect(said[0]).toContain(message);
    await run.finish();
    const strict = await open({ strict: true });
    expect(() => call(strict)).toThrow(message);
    await strict.finish();
  });

  test('costs a row nothing but what is wrong of its options', async () => {
    const run = await open();
    run.log({ a: 1 }, { step: '7' } as object);
    run.log({ a: 2 }, { step: 7, comit: true } as object);
    run.log({ a: 3 }, { step: 9 });
    run.log('x' as unknown as Row);
    await run.finish();
    expect(rowsOf(run.folder).map(({ _step, a }) => [_step, a])).toEqual([
      [0, 1],
      [7, 2],
      [9, 3],
    ]);
  });
});

test.each([-1, 256, 1.5, '0', null])(
  'an exit code that is none is told of and counts as a failure, and is refused with strict: %p',
  async (given) => {
    const exitCode = given as number;
    const message = `run.finish: exitCode must be an integer >= 0 and <= 255, got ${JSON.stringify(given)}`;
    const run = await open();
    await run.finish(exitCode);
    expect(said[0]).toBe(`wandb: the run ends with 1: ${message}`);
    expect(recordsOf(run.folder).at(-1)).toMatchObject({ exit: { exitCode: 1 } });
    const strict = await open({ strict: true });
    await expect(strict.finish(exitCode)).rejects.toThrow(new RangeError(message));
    await strict.finish(255);
    expect(recordsOf(strict.folder).at(-1)).toMatchObject({ exit: { exitCode: 255 } });
  },
);

test('strict throws what goes wrong', async () => {
  const run = await open({ strict: true });
  expect(() => run.file('../outside', new Uint8Array())).toThrow('no relative path');
  await run.finish();
  const lenient = await open();
  lenient.file('../outside', new Uint8Array());
  expect(said.join()).toContain('no relative path');
  await lenient.finish();
});
