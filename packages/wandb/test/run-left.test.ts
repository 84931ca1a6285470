import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { logFiles } from '../src/platform/log-file.ts';
import type { Platform } from '../src/platform/platform.ts';
import { openRun, type OpenRunOptions } from '../src/run.ts';
import { syncRun } from '../src/sync-run.ts';
import { quietPlatform } from './quiet-platform.ts';
import type { Fault } from './server-faults.ts';
import { historyOf } from './server-run.ts';
import { wandbServer, type WandbServer } from './server.ts';

// What the end of a run advises.

const KEY = '0123456789abcdef0123456789abcdef01234567';
const away: readonly Fault[] = [{ effect: { kind: 'status', status: 503 } }];
const refused: readonly Fault[] = [{ effect: { kind: 'status', status: 401 } }];

let dir: string;
let said: string[];
let server: WandbServer;
let here: Platform;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tfloop-left-'));
  said = [];
  server = await wandbServer();
  here = quietPlatform(said);
});
afterEach(async () => {
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

const open = (options: OpenRunOptions, platform = here) =>
  openRun(
    {
      dir,
      mode: 'online',
      apiKey: KEY,
      baseUrl: server.baseUrl,
      console: false,
      stats: false,
      finishWithin: 0.1,
      ...options,
    },
    { platform, timing: { interval: 20 } },
  );

describe('a run that goes on in memory, as its folder can not be written any more', () => {
  const readOnly = (): Platform => ({
    ...here,
    logFiles: {
      ...logFiles,
      append() {
        throw Object.assign(new Error('read-only'), { code: 'EROFS' });
      },
    },
  });
  const rows = () => historyOf(server.run('x')).map(({ i, by }) => `${String(i)} ${String(by)}`);
  const older = (folder: string | undefined): string =>
    `wandb: ${folder} has an earlier state of the run, not to be uploaded over a later one`;

  /** Three rows of which the service has none, and more that a checkpoint knows nothing of. */
  async function first(more: number) {
    server.setFaults(away);
    const run = await open({ id: 'x' });
    for (let i = 0; i < 3; i++) run.log({ i, by: 'first' });
    const from = JSON.parse(JSON.stringify(run.state())) as ReturnType<typeof run.state>;
    for (let i = 3; i < 3 + more; i++) run.log({ i, by: 'first' });
    await run.finish(1);
    server.setFaults([]);
    said.length = 0;
    return { folder: run.folder, from };
  }

  test.each(['from a checkpoint', 'from its end'])(
    'is not advised to upload it over newer rows, %s',
    async (where) => {
      const { folder, from } = await first(where === 'from its end' ? 0 : 3);
      const next = await open(
        where === 'from its end' ? { id: 'x', resume: 'must' } : { from },
        readOnly(),
      );
      for (let i = 3; i < 10; i++) next.log({ i, by: 'next' });
      await until(() => rows().length === 10);
      server.setFaults(away);
      const report = await next.finish();
      expect(report).toMatchObject({ rows: 10, uploadedRows: 10, lostRows: 0 });
      expect(report.syncCommand).toBeUndefined();
      expect(said.at(-1)).toBe(older(folder));
      expect(rows().slice(2, 4)).toEqual(['2 first', '3 next']);
    },
  );

  test('is advised to where the service has less', async () => {
    const { folder } = await first(0);
    server.setFaults(away);
    const next = await open({ id: 'x', resume: 'must' }, readOnly());
    next.log({ i: 3, by: 'next' });
    const report = await next.finish();
    expect(report).toMatchObject({ rows: 4, pendingRows: 4, lostRows: 1 });
    expect(report.syncCommand).toBe(`syncRun(${JSON.stringify(folder)})`);
  });

  test('and not where there is more in the folder than the run goes on from', async () => {
    const { folder, from } = await first(3);
    server.setFaults(away);
    const next = await open({ from }, readOnly());
    next.log({ i: 3, by: 'next' });
    expect((await next.finish()).syncCommand).toBeUndefined();
    expect(said.at(-1)).toBe(older(folder));
  });
});

test('what is in memory only is not said to be uploaded later', async () => {
  server.setFaults([{ ...refused[0]!, operations: ['put'] }]);
  const run = await open({ id: 'x', finishWithin: 5 }, { host: here.host });
  run.log({ i: 0 });
  run.file('a.txt', new Uint8Array(3));
  expect(await run.finish()).toMatchObject({ rows: 1, uploadedRows: 1, pendingFiles: 1 });
  expect(said.at(-1)).toBe('wandb: 1 files, artifacts or alerts are not uploaded, and are lost');

  server.setFaults(refused);
  const next = await open({ id: 'y' }, { host: here.host });
  next.log({ i: 0 });
  expect(await next.finish()).toMatchObject({ rows: 1, lostRows: 1 });
  expect(said.at(-1)).toBe('wandb: 1 of 1 rows were in memory only, and are lost');
  expect(said.join('\n')).toMatch(/the upload stopped: the API key was not accepted \(.*401/);
  expect(said.join('\n')).not.toMatch(/later|wandb sync|Nothing is lost/);
});

describe('what the official client would upload twice', () => {
  test('is advised to be uploaded by syncRun where the service may have some of it', async () => {
    server.setFaults(refused);
    const run = await open({ id: 'x' });
    run.log({ i: 0 });
    const call = `syncRun(${JSON.stringify(run.folder)})`;
    expect((await run.finish(1)).syncCommand).toBe(call);
    // Also where a later process is offline.
    const next = await open({ id: 'x', resume: 'must', mode: 'offline' });
    expect((await next.finish(1)).syncCommand).toBe(`wandb sync ${run.folder}`);
    server.setFaults([]);
    const online = await open({ id: 'x', resume: 'must', finishWithin: 5 });
    expect(await online.finish(1)).toMatchObject({ pendingRows: 0, syncCommand: undefined });
    const last = await open({ id: 'x', resume: 'must', mode: 'offline' });
    last.log({ i: 1 });
    expect((await last.finish()).syncCommand).toBe(call);
  });

  test('is marked as uploaded, as that client does it', async () => {
    const run = await open({ id: 'x', finishWithin: 5 });
    run.log({ i: 0 });
    await run.finish();
    const kept = await open({ id: 'y', mode: 'offline' });
    kept.log({ i: 0 });
    expect((await kept.finish()).syncCommand).toBe(`wandb sync ${kept.folder}`);
    expect(existsSync(join(kept.folder ?? '', 'run-y.wandb.synced'))).toBe(false);
    await syncRun(kept.folder ?? '', { baseUrl: server.baseUrl, apiKey: KEY, silent: true });
    for (const { folder, id } of [run, kept])
      expect(existsSync(join(folder ?? '', `run-${id}.wandb.synced`))).toBe(true);
    // The mark is the official client's, which has no other.
    rmSync(join(kept.folder ?? '', 'run-y.uploaded.json'));
    const next = await open({ id: 'y', resume: 'must', mode: 'offline' });
    expect((await next.finish()).syncCommand).toBe(`syncRun(${JSON.stringify(next.folder)})`);
  });
});

test('a folder that the service refuses is counted as a whole', async () => {
  const run = await open({ id: 'x', mode: 'offline' });
  for (let i = 0; i < 2500; i++) run.log({ i });
  await run.finish();
  server.setFaults(refused);
  expect(
    await syncRun(run.folder ?? '', { baseUrl: server.baseUrl, apiKey: KEY, silent: true }),
  ).toMatchObject({ rows: 2500, uploadedRows: 0, pendingRows: 2500 });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
