import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { LogInUseError } from '../src/log-errors.ts';
import { continueLog, createLog, openLog } from '../src/log-file.ts';
import { holderOf, lockFile } from '../src/platform/file-lock.ts';
import { row } from './log-row.ts';

let dir = '';
let path = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tfloop-lock-'));
  path = join(dir, 'run.wandb');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const lockOf = (holder: object): void => writeFileSync(`${path}.lock`, JSON.stringify(holder));
/** By the words of the system, which are not asked for where the lock is from. */
const startOf = (pid: number): string =>
  readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[21] ?? '';
const onLinux = process.platform === 'linux' ? test : test.skip;

test('a log has one writer, and readers at any time', () => {
  const writer = createLog(path);
  writer.append(row(0));
  expect(() => continueLog(path)).toThrow(LogInUseError);
  expect(() => continueLog(path)).toThrow(
    `log: ${path} is being written already; one writer at a time can go on with it`,
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
    lockFile(path)();
  } finally {
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('close', resolve));
  }
  lockOf({ host: hostname(), pid, started: '1' });
  lockFile(path)();
});

test.each(['of another machine', 'half written'])(
  'one %s is dead when it has shown no life',
  (what) => {
    lockOf({ host: `not-${hostname()}`, pid: 1 });
    if (what === 'half written') writeFileSync(`${path}.lock`, '{"host"');
    expect(holderOf(path)).toBe('elsewhere');
    expect(() => lockFile(path)).toThrow(LogInUseError);
    const before = new Date(Date.now() - 31_000);
    utimesSync(`${path}.lock`, before, before);
    const unlock = lockFile(path);
    expect(holderOf(path)).toBe('here');
    unlock();
    expect(readdirSync(dir)).toEqual([]);
  },
);

test('whoever lets go does not take away what another one has taken over', () => {
  const unlock = lockFile(path);
  lockOf({ host: 'other', pid: 1 });
  unlock();
  expect(holderOf(path)).toBe('elsewhere');
});
