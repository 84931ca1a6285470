import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { logFiles } from '../src/platform/log-file.ts';
import type { Platform } from '../src/platform/platform.ts';
import { openRun } from '../src/run.ts';
import { runFolder } from '../src/run-folder.ts';
import { syncRun } from '../src/sync-run.ts';
import { unkeptRecords } from '../src/unkept.ts';
import { quietPlatform } from './quiet-platform.ts';
import { rowsOf } from './read-run.ts';
import { historyOf } from './server-run.ts';
import { wandbServer } from './server.ts';

const quiet = { console: false, stats: false, mode: 'offline' } as const;

let dir: string;
let said: string[];
let here: Platform;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tfloop-lost-'));
  said = [];
  here = quietPlatform(said);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const full = (): never => {
  throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
};

describe('the report of a run', () => {
  test('counts the rows that a full disk has not taken', async () => {
    const files: typeof logFiles = {
      ...logFiles,
      create(path) {
        const sink = logFiles.create(path);
        let written = 0;
        const write = (bytes: Uint8Array) => (written++ < 8 ? sink.write(bytes) : full());
        return { ...sink, write, replace: full };
      },
    };
    const run = await openRun({ ...quiet, dir }, { platform: { ...here, logFiles: files } });
    for (let i = 0; i < 20; i++) run.log({ i });
    const { rows, pendingRows, lostRows } = await run.finish();
    const there = rowsOf(run.folder).length;
    expect(there).toBeGreaterThan(0);
    expect({ rows, pendingRows, lostRows }).toEqual({
      rows: 20,
      pendingRows: 20,
      lostRows: 20 - there,
    });
    expect(said).toContain(
      `wandb: ${20 - there} of 20 rows could not be written to ${run.folder}, and are lost`,
    );
    expect(said.at(-1)).toContain(`wandb: ${there} rows; upload them with`);
  });

  test('counts those that were in memory only', async () => {
    const { host } = here;
    const run = await openRun(quiet, { platform: { host } });
    run.log({ i: 0 });
    expect(await run.finish()).toMatchObject({ rows: 1, pendingRows: 1, lostRows: 1 });
    expect(said.at(-1)).toBe('wandb: 1 of 1 rows were in memory only, and are lost');
  });
});

test('a run that goes on and can not be written any more leaves its earlier rows in the folder', async () => {
  const first = await openRun({ ...quiet, dir, id: 'x' }, { platform: here });
  for (let i = 0; i < 3; i++) first.log({ i });
  await first.finish(1);
  said.length = 0;
  const readOnly = { ...here, logFiles: { ...logFiles, append: full } };
  const next = await openRun({ ...quiet, dir, id: 'x', resume: 'must' }, { platform: readOnly });
  next.log({ i: 3 });
  expect(await next.finish()).toMatchObject({
    rows: 4,
    pendingRows: 4,
    lostRows: 1,
    syncCommand: `wandb sync ${first.folder}`,
  });
  expect(said).toEqual([
    expect.stringContaining('nothing of the run is kept'),
    `wandb: 1 of 4 rows could not be written to ${first.folder}, and are lost`,
    `wandb: 3 rows; upload them with: wandb sync ${first.folder}`,
  ]);
});

test('rows that are kept a moment later are followed until they are', () => {
  let kept = 0;
  let isAll = false;
  const unkept = unkeptRecords(() => ({ bytes: kept, isAll }));
  for (let end = 1; end <= 5000; end++) unkept.add(end, end % 2 === 0);
  expect(unkept.count()).toEqual({ records: 5000, rows: 2500 });
  kept = 4990;
  expect(unkept.count()).toEqual({ records: 10, rows: 5 });
  for (let end = 5001; end <= 9000; end++) unkept.add(end, true);
  kept = 8998;
  expect(unkept.count()).toEqual({ records: 2, rows: 2 });
  isAll = true;
  expect(unkept.count()).toEqual({ records: 2, rows: 2 });
  unkept.add(9001, false);
  expect(unkept.count()).toEqual({ records: 3, rows: 2 });
});

describe('files that never answer', () => {
  afterEach(() => void jest.useRealTimers());
  const never = <T>(): Promise<T> => new Promise(() => undefined);
  /** Lets time pass for whoever waits for a promise. */
  const passing = async <T>(promise: Promise<T>): Promise<T> => {
    const time = { isOver: false };
    void promise.finally(() => (time.isOver = true));
    for (let second = 0; second < 60 && !time.isOver; second++)
      await jest.advanceTimersByTimeAsync(1000);
    if (!time.isOver) throw new Error('there is no end to it within a minute');
    return promise;
  };

  test('hold up neither the begin nor the end of a run', async () => {
    jest.useFakeTimers();
    const began = Date.now();
    const { host, logFiles: logs, folders } = here;
    if (!logs || !folders) throw new Error('there are files in Node');
    const late = { host, openFiles: () => never<never>() };
    const run = await passing(openRun(quiet, { platform: late }));
    expect(run.folder).toBeUndefined();
    expect(said[0]).toBe(
      "wandb: the browser's private file system can't be used (there was no answer in 10 s): runs are in memory",
    );

    const slow = { ...here, folders: { ...folders, leave: () => never<undefined>() } };
    const second = await openRun({ ...quiet, dir }, { platform: slow });
    second.log({ i: 0 });
    expect(await passing(second.finish())).toMatchObject({ rows: 1, lostRows: 0 });
    expect(said.join()).toContain("the run's files may not be whole");
    expect(Date.now() - began).toBeLessThan(20_000);
    await run.finish();
  });
});

test('two processes that begin a run of one id at the same moment have two', async () => {
  const { folders } = here;
  if (!folders) throw new Error('there are folders in Node');
  const first = await openRun({ ...quiet, dir, id: 'x' }, { platform: here });
  const log = join(first.folder ?? '', 'run-x.wandb');
  const same = {
    ...here,
    // It has looked before the first one was there, and it has the same second in its name.
    folders: { ...folders, list: () => [] },
    logFiles: {
      ...logFiles,
      create: (path: string) => logFiles.create(path.endsWith('/run-x.wandb') ? log : path),
    },
  };
  const second = await openRun({ ...quiet, dir, id: 'x', resume: 'allow' }, { platform: same });
  expect(second.id).toMatch(/^x-.{4}$/);
  expect(said.join()).toContain('another process is writing');
  first.log({ i: 1 });
  second.log({ i: 2 });
  await Promise.all([first.finish(), second.finish()]);
  expect([rowsOf(first.folder), rowsOf(second.folder)]).toMatchObject([[{ i: 1 }], [{ i: 2 }]]);
});

test('a log that takes not even its beginning is let go of', async () => {
  const closed: string[] = [];
  const files: typeof logFiles = {
    ...logFiles,
    create(path) {
      const sink = logFiles.create(path);
      const close = (): void => {
        closed.push(path);
        sink.close();
      };
      return { ...sink, write: full, close };
    },
  };
  const run = await openRun({ ...quiet, dir, id: 'x' }, { platform: { ...here, logFiles: files } });
  expect(run.folder).toBeUndefined();
  expect(closed).toEqual([expect.stringContaining('run-x.wandb')]);
  const [folder = ''] = readdirSync(join(dir, 'wandb'));
  expect(readdirSync(join(dir, 'wandb', folder))).not.toContain('run-x.wandb.lock');
  await run.finish();
});

test('syncRun without a folder names it', async () => {
  await expect(syncRun(undefined as unknown as string)).rejects.toThrow(
    'syncRun: folder must be a text that is not empty, got undefined',
  );
});

test('syncRun without a key says what is missing', async () => {
  const key = process.env['WANDB_API_KEY'];
  delete process.env['WANDB_API_KEY'];
  const { path } = runFolder(dir, 'x', new Date());
  const synced = syncRun(path, { baseUrl: 'http://127.0.0.1:9', silent: true });
  if (key !== undefined) process.env['WANDB_API_KEY'] = key;
  await expect(synced).rejects.toThrow(/^syncRun: there is no API key: give an apiKey/);
});

test('a row of more than 10 MiB is in the folder only, and named', async () => {
  const server = await wandbServer();
  const service = { apiKey: 'k'.repeat(40), baseUrl: server.baseUrl };
  const long = 'x'.repeat(10 * 2 ** 20);
  try {
    const first = await openRun({ ...quiet, id: 'x', dir: join(dir, 'a') }, { platform: here });
    for (const text of ['a', long, 'b', long]) first.log({ text });
    const from = first.state();
    await first.finish();
    const report = await syncRun(first.folder ?? '', { ...service, silent: true });
    expect(report).toMatchObject({ rows: 4, uploadedRows: 2, pendingRows: 0, tooLongRows: 2 });
    // It takes no line at the service.
    const next = await openRun(
      { ...quiet, ...service, mode: 'online', dir: join(dir, 'b'), from },
      { platform: here },
    );
    next.log({ text: long });
    next.log({ text: 'c' });
    expect(await next.finish()).toMatchObject({
      rows: 2,
      uploadedRows: 1,
      pendingRows: 0,
      tooLongRows: 1,
    });
    expect(said.at(-1)).toMatch(/^wandb: 1 of 2 rows have more than 10 MiB, .*: step 4$/);
    expect(historyOf(server.run('x')).map(({ text }) => text)).toEqual(['a', 'b', 'c']);
  } finally {
    await server.close();
  }
});

test('a service that is not there is named once, and where the rows are', async () => {
  const server = await wandbServer();
  const { host } = new URL(server.baseUrl);
  await server.goDown();
  const run = await openRun(
    {
      ...quiet,
      mode: 'online',
      dir,
      apiKey: 'k'.repeat(40),
      baseUrl: server.baseUrl,
      finishWithin: 0.2,
    },
    { platform: here, timing: { backoff: { min: 1, max: 2 } } },
  );
  run.log({ i: 0 });
  const trouble = `wandb: can't reach ${host} (ECONNREFUSED), tries on; rows are kept in ${run.folder}`;
  for (let i = 0; i < 400 && !said.includes(trouble); i++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await run.finish()).toMatchObject({ rows: 1, pendingRows: 1 });
  expect(said).toEqual([
    trouble,
    `wandb: waits up to 0.2 s for ${host}`,
    expect.stringMatching(/^wandb: 1 of 1 rows are not uploaded; upload them with: syncRun/),
  ]);
});
