import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { logReader } from '../src/log-reader.ts';
import { memoryLog } from '../src/memory-log.ts';
import { opfsFiles } from '../src/platform/opfs-files.ts';
import type { Platform } from '../src/platform/platform.ts';
import { openRun, type OpenRunOptions } from '../src/run.ts';
import { fakeOpfs } from './opfs.ts';
import { quietPlatform } from './quiet-platform.ts';
import { wandbServer } from './server.ts';

let said: string[];
let opfs: ReturnType<typeof fakeOpfs>;
let page: Platform;
beforeEach(() => {
  said = [];
  opfs = fakeOpfs();
  page = { host: quietPlatform(said).host, openFiles: opfsFiles };
});
afterEach(() => {
  jest.useRealTimers();
  opfs.restore();
});

const open = (options: OpenRunOptions = {}) =>
  openRun(
    { mode: 'offline', console: false, stats: false, ...options },
    { platform: page, timing: { interval: 20 } },
  );
const rowsKept = (): number =>
  [...opfs.files()]
    .filter(([name]) => name.endsWith('.wandb'))
    .flatMap(([, bytes]) => {
      const log = memoryLog();
      log.write(bytes);
      return [...logReader(log)].filter((record) => 'history' in record);
    }).length;
const quota = (name: string, is: (name: string) => boolean): void => {
  if (is(name)) throw new Error('the quota is used up');
};

test('a file that can not be written is the only one that is not', async () => {
  opfs.faults.beforeWrite = (name) => quota(name, (file) => file === 'a.txt');
  const run = await open({ id: 'x' });
  run.log({ i: 0 });
  run.file('a.txt', new Uint8Array(3));
  run.file('b.txt', new Uint8Array(4));
  run.sync();
  await setTimeout(20);
  run.log({ i: 1 });
  expect(await run.finish()).toMatchObject({ rows: 2, lostRows: 0 });
  expect(rowsKept()).toBe(2);
  expect([...opfs.files().keys()].map((name) => name.replace(/.*\//, ''))).toEqual(
    expect.arrayContaining(['b.txt', 'run-x.wandb']),
  );
  expect(said.filter((line) => line.includes("can't be written"))).toEqual([
    expect.stringMatching(/files\/a\.txt can't be written .*\(the quota is used up\)$/),
  ]);
});

test('a log that can not be written is tried again', async () => {
  jest.useFakeTimers();
  let isFull = true;
  opfs.faults.beforeWrite = (name) => quota(name, () => isFull);
  const run = await open({ id: 'x' });
  for (let i = 0; i < 5; i++) run.log({ i });
  await jest.advanceTimersByTimeAsync(1000);
  expect(rowsKept()).toBe(0);
  isFull = false;
  await jest.advanceTimersByTimeAsync(10_000);
  expect(rowsKept()).toBe(5);
  expect(await run.finish()).toMatchObject({ rows: 5, lostRows: 0 });
});

test('one that stays so is given up in the end, and leaves the memory', async () => {
  opfs.faults.beforeWrite = (name) => quota(name, () => true);
  const { logFiles, folders } = await opfsFiles('.', (text) => said.push(text));
  const log = 'wandb/a/run-a.wandb';
  const sink = logFiles.create(log);
  const write = async (): Promise<void> => {
    sink.write(new Uint8Array(2 ** 23));
    sink.sync();
    await setTimeout(1);
  };
  for (let i = 0; i < 4; i++) await write();
  expect(logFiles.kept?.(log)).toEqual({ bytes: 0, isAll: false });
  await write();
  expect(logFiles.kept?.(log)).toEqual({ bytes: 0, isAll: true });
  expect(said.at(-1)).toMatch(
    /^rows are dropped, because too many wait for .*run-a\.wandb already/,
  );
  opfs.faults.beforeWrite = () => undefined;
  await write();
  await folders.leave?.('wandb/a');
  expect([...opfs.files().values()].map(({ length }) => length)).not.toContain(2 ** 23);
  const source = logFiles.read(log);
  expect(() => source.read(0, new Uint8Array(1))).toThrow('no longer in memory');
});

test('leaving a folder ends while rows keep coming', async () => {
  const { logFiles, folders } = await opfsFiles('.', (text) => said.push(text));
  const sink = logFiles.create('wandb/a/run-a.wandb');
  let isOver = false;
  let writes = 0;
  opfs.faults.beforeWrite = () => {
    // A row comes whenever a file is being written.
    if (!isOver && writes++ < 1000) sink.write(new Uint8Array(10));
  };
  sink.write(new Uint8Array(10));
  await folders.leave?.('wandb/a');
  isOver = true;
  expect(writes).toBe(1);
});

test('a file system that does not answer holds up a begin once', async () => {
  for (const id of ['a', 'b', 'c']) {
    const run = await open({ id, project: id === 'a' ? 'mine' : 'other' });
    run.log({ i: 1 });
    await run.finish(1);
  }
  jest.useFakeTimers();
  const began = Date.now();
  opfs.faults.beforeRead = () => new Promise<never>(() => undefined);
  const begun = { isOver: false };
  const opening = open({ project: 'mine', resume: 'auto' }).finally(() => (begun.isOver = true));
  for (let step = 0; step < 400 && !begun.isOver; step++) await jest.advanceTimersByTimeAsync(100);
  expect(Date.now() - began).toBeLessThan(11_000);
  const run = await opening;
  expect(['a', 'b', 'c']).not.toContain(run.id);
  await run.finish();
});

test('a folder that is uploaded is gone before its lock, whatever failed', async () => {
  const server = await wandbServer();
  opfs.faults.beforeWrite = (name) => quota(name, (file) => file === 'a.txt');
  const run = await open({
    id: 'x',
    mode: 'online',
    apiKey: 'k'.repeat(40),
    baseUrl: server.baseUrl,
  });
  run.log({ i: 0 });
  run.file('a.txt', new Uint8Array(3));
  run.sync();
  await setTimeout(20);
  expect(opfs.held.size).toBe(1);
  expect(await run.finish()).toMatchObject({ uploadedRows: 1, pendingFiles: 0 });
  await server.close();
  expect([...opfs.files().keys()]).toEqual([]);
  expect(opfs.held.size).toBe(0);
});
