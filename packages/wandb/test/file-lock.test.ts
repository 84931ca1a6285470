import { spawn, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { bundleProgram } from '@tfloop/tools/bundle-program';
import { LogInUseError } from '../src/log-errors.ts';
import { continueLog, createLog, openLog } from '../src/log-file.ts';
import { writerWatch } from '../src/has-writer.ts';
import { holderOf, lockFile, type FileLock } from '../src/platform/file-lock.ts';
import { logFiles } from '../src/platform/log-file.ts';
import { thisHolder } from '../src/platform/lock-holder.ts';
import { row } from './log-row.ts';

let dir = '';
let path = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tfloop-lock-'));
  path = join(dir, 'run.wandb');
});
afterEach(() => {
  jest.useRealTimers();
  rmSync(dir, { recursive: true, force: true });
});

/** The lock of another process that is not seen to be one of another place. */
const lockOf = (holder: object): void =>
  writeFileSync(`${path}.lock`, JSON.stringify({ ...thisHolder(), started: undefined, ...holder }));
const age = (seconds: number): void => {
  const before = new Date(Date.now() - seconds * 1000);
  utimesSync(`${path}.lock`, before, before);
};
/** By the words of the system, which are not asked for where the lock is from. */
const startOf = (pid: number): string =>
  readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[21] ?? '';
const onLinux = process.platform === 'linux' ? test : test.skip;

test('a log has one writer, and readers at any time', () => {
  const writer = createLog(path);
  writer.append(row(0));
  expect(() => continueLog(path)).toThrow(LogInUseError);
  expect(() => continueLog(path)).toThrow(
    `log: ${path} is being written already, and has one writer at a time: ` +
      `locked by process ${process.pid} on ${hostname()}; if that is dead, remove ${path}.lock`,
  );
  writer.append(row(1));
  writer.close();
  expect(readdirSync(dir)).toEqual(['run.wandb']);
  const next = continueLog(path);
  expect(holderOf(path)).toBe('here');
  next.append(row(2));
  next.close();
  const reader = openLog(path);
  expect([...reader]).toEqual([row(0), row(1), row(2)]);
  reader.close();
});

test('what a dead process left is taken over', () => {
  createLog(path).close();
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  lockOf({ host: hostname(), pid });
  expect(holderOf(path)).toBeUndefined();
  continueLog(path).close();
  // A container that starts again has the numbers of before.
  lockOf({ host: hostname(), pid: process.pid });
  continueLog(path).close();
  expect(readdirSync(dir)).toEqual(['run.wandb']);
});

onLinux('a process that lives keeps it, and another one of its number does not', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const pid = child.pid ?? 0;
  try {
    lockOf({ host: hostname(), pid, started: startOf(pid) });
    expect(() => lockFile(path)).toThrow(LogInUseError);
    lockOf({ host: hostname(), pid, started: '1' });
    lockFile(path).unlock();
  } finally {
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('close', resolve));
  }
  lockOf({ host: hostname(), pid, started: '1' });
  lockFile(path).unlock();
});

test.each(['of another machine', 'half written'])(
  'one %s is dead when it has shown no life',
  (what) => {
    lockOf({ host: `not-${hostname()}`, pid: 1 });
    if (what === 'half written') writeFileSync(`${path}.lock`, '{"host"');
    expect(holderOf(path)).toBe('elsewhere');
    expect(() => lockFile(path)).toThrow(LogInUseError);
    age(31);
    const lock = lockFile(path);
    expect(holderOf(path)).toBe('here');
    lock.unlock();
    expect(readdirSync(dir)).toEqual([]);
  },
);

test('whoever lets go does not take away what another one has taken over', () => {
  const lock = lockFile(path);
  lockOf({ host: 'other', pid: 1 });
  lock.unlock();
  expect(holderOf(path)).toBe('elsewhere');
});

test.each<[string, (lock: string) => void]>([
  ['a folder', (lock) => mkdirSync(lock)],
  ['a link that leads nowhere', (lock) => symlinkSync(join(dir, 'nowhere'), lock)],
])('%s in its place is left alone, and does not hold up', (_, make) => {
  make(`${path}.lock`);
  expect(holderOf(path)).toBe('here');
  expect(() => lockFile(path)).toThrow(LogInUseError);
  expect(() => lockFile(path)).toThrow(`${path}.lock can't be read`);
  expect(() => logFiles.create(path)).toThrow(LogInUseError);
  expect(readdirSync(dir)).toEqual(['run.wandb.lock']);
});

onLinux('a process that is dead and not reaped is dead', async () => {
  // The shell becomes one that never asks for its children.
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
    const stat = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[2];
    while (stat() !== 'Z') await new Promise((resolve) => setTimeout(resolve, 5));
    lockOf({ pid, started: startOf(pid) });
    expect(holderOf(path)).toBeUndefined();
    lockFile(path).unlock();
  } finally {
    parent.kill('SIGKILL');
    await new Promise((resolve) => parent.on('close', resolve));
  }
});

test('where no start is known, a process lives as long as it gives signs', () => {
  lockOf({ pid: process.ppid });
  age(50);
  expect(holderOf(path)).toBe('here');
  age(61);
  expect(holderOf(path)).toBeUndefined();
});

test.each([
  ['of another start of the machine', { boot: 'other' }],
  ['of another space of numbers', { space: 'pid:[1]' }],
])('one %s is judged by its signs of life alone', (_, place) => {
  // Nobody has the number here.
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  lockOf({ pid, ...place });
  expect(holderOf(path)).toBe('elsewhere');
  lockOf({ pid: process.ppid, started: startOf(process.ppid), ...place });
  age(31);
  expect(holderOf(path)).toBeUndefined();
});

test('another thread of the process keeps it', async () => {
  const source = join(import.meta.dirname, '../src/platform/file-lock.ts');
  const built = await bundleProgram(source, dir);
  const worker = new Worker(
    `(async () => {
      const { lockFile } = await import(${JSON.stringify(built)});
      lockFile(${JSON.stringify(path)});
      require('node:worker_threads').parentPort.postMessage('locked');
    })()`,
    { eval: true },
  );
  try {
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    expect(holderOf(path)).toBe('here');
    expect(() => lockFile(path)).toThrow(LogInUseError);
  } finally {
    await worker.terminate();
  }
  age(61);
  lockFile(path).unlock();
});

test('two copies of the module know of each other', async () => {
  const lock = lockFile(path);
  jest.resetModules();
  const other = await import('../src/platform/file-lock.ts');
  expect(other.lockFile).not.toBe(lockFile);
  expect(other.holderOf(path)).toBe('here');
  lock.unlock();
});

test('who was taken for dead writes nothing more', () => {
  jest.useFakeTimers();
  const lost = logFiles.create(path);
  const bytes = Buffer.from('mine');
  lost.write(bytes);
  lockOf({ host: 'other', pid: 12 });
  jest.advanceTimersByTime(10_001);
  for (const write of [
    () => lost.write(bytes),
    () => lost.replace(0, bytes),
    () => lost.truncate(0),
  ]) {
    expect(write).toThrow(LogInUseError);
    expect(write).toThrow('locked by process 12 on other');
  }
  lost.close();
  expect(readFileSync(path, 'utf8')).toBe('mine');
  expect(readdirSync(dir)).toEqual(['run.wandb', 'run.wandb.lock']);
});

test('one that stood still looks before it writes', () => {
  jest.useFakeTimers();
  const lock: FileLock = lockFile(path);
  lockOf({ host: 'other', pid: 12 });
  // The clock goes on and no timer runs.
  jest.setSystemTime(Date.now() + 40_000);
  expect(() => lock.check()).toThrow(LogInUseError);
  lock.unlock();
});

test('signs of life of many logs are waited for once', async () => {
  jest.useFakeTimers();
  const asked: string[] = [];
  const hasWriter = writerWatch({ ...logFiles, writerOf: () => 'elsewhere' }, (log) =>
    asked.push(log),
  );
  const both = (async () => [await hasWriter('a'), await hasWriter('b')])();
  await jest.advanceTimersByTimeAsync(33_000);
  expect(await both).toEqual([true, true]);
  expect(asked).toEqual(['a']);
});
