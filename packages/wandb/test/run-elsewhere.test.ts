import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openRun, type OpenRunOptions } from '../src/run.ts';
import { syncRun, type SyncRunOptions } from '../src/sync-run.ts';
import { quietPlatform } from './quiet-platform.ts';
import { recordsOf, rowsOf, totalOf } from './read-run.ts';
import { historyOf, summaryOf } from './server-run.ts';
import { wandbServer, type WandbServer } from './server.ts';

const KEY = '0123456789abcdef0123456789abcdef01234567';

let dir: string;
let said: string[];
let server: WandbServer;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tfloop-elsewhere-'));
  said = [];
  server = await wandbServer();
});
afterEach(async () => {
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

const open = (options: OpenRunOptions) =>
  openRun(
    { console: false, stats: false, mode: 'offline', ...options },
    { platform: quietPlatform(said) },
  );

/** As a checkpoint keeps it. */
const kept = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** A run of which a checkpoint knows, and two rows after that. */
async function left(options: OpenRunOptions = {}) {
  const run = await open({ id: 'x', dir: join(dir, 'a'), ...options });
  run.defineMetric('valid/*', { step: 'epoch', summary: ['min', 'max', 'mean'] });
  run.defineMetric('late/*', { step: 'epoch', summary: ['max'] });
  for (const loss of [0.5, 0.1, NaN]) run.log({ epoch: 1, 'valid/loss': loss, 'valid/ok': 0.1 });
  const from = kept(run.state());
  for (const loss of [0, 9]) run.log({ epoch: 2, 'valid/loss': loss });
  await run.finish(1);
  return { run, from };
}

test('a run whose folder is not there goes on in another one, and says so', async () => {
  const { run, from } = await left();
  const next = await open({ dir: join(dir, 'b'), from });
  expect(said).toContain(
    `wandb: the log in ${join(dir, 'b')}/wandb/${from.folder} is missing: the run goes on in ${next.folder}`,
  );
  expect([next.id, next.step]).toEqual([run.id, 3]);
  next.log({ epoch: 2, 'valid/loss': 0.3, 'valid/ok': 0.3, 'late/acc': 1 });
  await next.finish();
  const { syncCommand } = await next.finish();
  // The official client would put these rows behind those that the service has.
  expect(syncCommand).toBe(`syncRun(${JSON.stringify(next.folder)})`);
  expect(said.at(-1)).toContain(String(syncCommand));

  const [row] = rowsOf(next.folder);
  expect(Number(row?.['_runtime'])).toBeGreaterThanOrEqual(from.book?.runtime ?? Infinity);
  expect(totalOf(next.folder, 'summary')).toMatchObject({
    'valid/loss': { min: NaN, max: NaN },
    'valid/ok': { min: 0.1, max: 0.3, mean: (0.1 + 0.1 + 0.1 + 0.3) / 4 },
    'late/acc': { max: 1 },
  });
  const names = recordsOf(next.folder).flatMap((record) =>
    'metric' in record ? [record.metric.name] : [],
  );
  expect(names).toEqual(['valid/loss', 'valid/ok', 'late/acc']);
});

test('names that are yet to come are defined where the folder is there as well', async () => {
  const { from } = await left();
  const next = await open({ dir: join(dir, 'a'), from });
  next.log({ 'late/acc': 1 });
  await next.finish();
  expect(totalOf(next.folder, 'summary')).toMatchObject({ 'late/acc': { max: 1 } });
  expect(said.join()).not.toContain('is missing');
});

test('the rows take the places of those after the checkpoint, and the summary goes on', async () => {
  const service = { apiKey: KEY, baseUrl: server.baseUrl };
  const { from } = await left({ ...service, mode: 'online' });
  expect(historyOf(server.run('x'))).toHaveLength(5);
  const next = await open({ dir: join(dir, 'b'), from });
  next.log({ epoch: 2, 'valid/ok': 0.3 });
  await next.finish();
  expect(await syncRun(next.folder ?? '', { ...service, silent: true })).toMatchObject({
    uploadedRows: 1,
    syncCommand: undefined,
  });
  expect(
    historyOf(server.run('x'))
      .slice(0, 4)
      .map((row) => [row['_step'], row['valid/ok']]),
  ).toEqual([
    [0, 0.1],
    [1, 0.1],
    [2, 0.1],
    [3, 0.3],
  ]);
  expect(summaryOf(server.run('x'))).toMatchObject({ 'valid/ok': { min: 0.1, max: 0.3 } });
});

test('a folder that is all there is is left to the official client', async () => {
  const { run } = await left();
  expect((await run.finish()).syncCommand).toMatch(/^wandb sync /);
  expect(readdirSync(join(dir, 'a', 'wandb'))).toHaveLength(1);
});

describe('a run that goes on elsewhere from rows that are not uploaded', () => {
  const service = () => ({ apiKey: KEY, baseUrl: server.baseUrl });
  const sync = (folder: string | undefined, more: SyncRunOptions = {}) =>
    syncRun(folder ?? '', { ...service(), silent: true, ...more });
  const rows = () => historyOf(server.run('x')).map(({ i, by }) => `${String(i)} ${String(by)}`);
  const rowsBy = (by: string, from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `${from + i} ${by}`);
  const call = (folder: string | undefined) => `syncRun(${JSON.stringify(folder)})`;

  /** Rows from 0, of which a checkpoint knows 3, and from there on in another folder. */
  async function parts(mode: 'offline' | 'online', [firstRows, nextRows]: [number, number]) {
    const first = await open({ id: 'x', dir: join(dir, 'a') });
    for (let i = 0; i < 3; i++) first.log({ i, by: 'first' });
    const from = kept(first.state());
    for (let i = 3; i < firstRows; i++) first.log({ i, by: 'first' });
    first.summary({ by: 'first' });
    await first.finish(1);
    const next = await open({ dir: join(dir, 'b'), mode, ...service(), from });
    for (let i = 3; i < 3 + nextRows; i++) next.log({ i, by: 'next' });
    next.summary({ by: 'next' });
    return { first, next, report: await next.finish() };
  }

  test.each(['offline', 'online'] as const)(
    'is uploaded after them, %s, and says so',
    async (mode) => {
      const { first, next, report } = await parts(mode, [5, 4]);
      expect(report).toMatchObject({ rows: 4, uploadedRows: 0, pendingRows: 4 });
      expect(said.at(-1)).toMatch(/first upload the earlier part of the run: .*, then these: /);
      const [, how] = (said.at(-1) ?? '').split('first upload');
      expect(how?.indexOf(call(first.folder))).toBeGreaterThan(0);
      expect(how?.indexOf(call(next.folder))).toBeGreaterThan(
        how?.indexOf(call(first.folder)) ?? 0,
      );

      expect(await sync(next.folder)).toMatchObject({ uploadedRows: 0, pendingRows: 4 });
      expect(rows()).toEqual([]);
      expect(await sync(first.folder)).toMatchObject({ uploadedRows: 5, syncCommand: undefined });
      expect(await sync(next.folder)).toMatchObject({ uploadedRows: 4, syncCommand: undefined });
      const whole = [...rowsBy('first', 0, 3), ...rowsBy('next', 3, 7)];
      expect(rows()).toEqual(whole);
      // Once more changes nothing: what is there is newer.
      await sync(first.folder);
      expect(rows()).toEqual(whole);
      expect(summaryOf(server.run('x'))).toMatchObject({ by: 'next' });
      expect(server.run('x')?.exitCode).toBe(0);
      expect(server.run('x')?.faults.join()).not.toContain('hole');
    },
  );

  test('is uploaded without them where they are said to be lost, and they never go over it', async () => {
    const { first, next } = await parts('offline', [5, 6]);
    expect(await sync(next.folder, { earlierIsLost: true })).toMatchObject({ uploadedRows: 6 });
    expect(rows()).toEqual(rowsBy('next', 3, 9));
    await sync(first.folder);
    expect(rows()).toEqual(rowsBy('next', 3, 9));
    // A third part, and then the second one's from another copy of its folder, which has no note.
    rmSync(join(next.folder ?? '', 'run-x.uploaded.json'));
    const last = await open({ dir: join(dir, 'c'), from: kept(next.state()) });
    last.log({ i: 9, by: 'last' });
    await last.finish();
    await sync(last.folder, { earlierIsLost: true });
    await sync(next.folder);
    expect(rows()).toEqual([...rowsBy('next', 3, 9), '9 last']);
    expect(summaryOf(server.run('x'))).toMatchObject({ by: 'last' });
  });

  test('what is cut off and logged anew in its own folder is its own', async () => {
    const run = await open({ id: 'x', dir: join(dir, 'a'), mode: 'online', ...service() });
    for (let i = 0; i < 3; i++) run.log({ i, by: 'first' });
    const from = kept(run.state());
    for (let i = 3; i < 9; i++) run.log({ i, by: 'first' });
    await run.finish(1);
    const next = await open({ dir: join(dir, 'a'), from });
    for (let i = 3; i < 6; i++) next.log({ i, by: 'next' });
    await next.finish();
    await sync(next.folder);
    expect(rows().slice(0, 6)).toEqual([...rowsBy('first', 0, 3), ...rowsBy('next', 3, 6)]);
  });
});
