import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Callback } from '@tfloop/core';
import { toyProblem } from '@tfloop/core/testing';
import type { StopHandlers } from '../src/platform/host.ts';
import { logFiles } from '../src/platform/log-file.ts';
import { nodeHost } from '../src/platform/node-host.ts';
import { openRun } from '../src/run.ts';
import { wandbLogger } from '../src/wandb-logger.ts';
import { quietPlatform } from './quiet-platform.ts';
import { recordsOf, rowsOf } from './read-run.ts';

const quiet = { mode: 'offline', console: false, stats: false } as const;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tfloop-durable-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const folder = (): string => join(dir, 'wandb', readdirSync(join(dir, 'wandb'))[0] ?? '');

/** A platform that notes how many records are on the disk, and whose signals are at hand. */
function watched() {
  const here = quietPlatform([]);
  const onDisk: number[] = [];
  const handlers: StopHandlers[] = [];
  const platform = {
    ...here,
    host: {
      ...here.host,
      watchStops(each: StopHandlers) {
        handlers.push(each);
        return () => undefined;
      },
    },
    logFiles: {
      ...logFiles,
      create(path: string) {
        const sink = logFiles.create(path);
        return {
          ...sink,
          sync() {
            sink.sync();
            onDisk.push(recordsOf(folder()).length);
          },
        };
      },
    },
  };
  /** All that is in the log is on the disk. */
  const expectDurable = () => expect(onDisk.at(-1)).toBe(recordsOf(folder()).length);
  return { platform, handlers, onDisk, expectDurable };
}

test('what an epoch has logged is on the disk at its end, and the end of the run as well', async () => {
  const { platform, onDisk, expectDurable } = watched();
  const rows: number[] = [];
  const after: Callback = {
    name: 'after',
    passive: true,
    order: 3e6,
    afterEpoch() {
      expectDurable();
      rows.push(rowsOf(folder()).length);
    },
  };
  await toyProblem().learner.fit(2, [
    wandbLogger({ ...quiet, dir, strict: true }, { platform }),
    after,
  ]);
  expect(rows).toEqual([4, 8]);
  expect(recordsOf(folder()).at(-1)).toHaveProperty('exit');
  expectDurable();
  expect(onDisk.length).toBeLessThan(8);
});

test('so is what was logged before a signal, whoever handles it', async () => {
  const { platform, handlers, expectDurable } = watched();
  const run = await openRun({ ...quiet, dir }, { platform });
  const [stops] = handlers;
  run.log({ a: 1 });
  stops?.onHandledSignal();
  expectDurable();
  run.log({ a: 2 });
  await stops?.onSignal(130);
  expectDurable();
  expect(rowsOf(folder())).toHaveLength(2);
  expect(recordsOf(folder()).at(-1)).toMatchObject({ exit: { exitCode: 130 } });
});

test('process, machine and tensors are measured by the names that the service knows', async () => {
  const { platform } = watched();
  const run = await openRun({ ...quiet, stats: 60, dir }, { platform });
  await run.finish();
  const [stats] = recordsOf(folder()).flatMap((record) =>
    'stats' in record ? [record.stats.items] : [],
  );
  const values = Object.fromEntries(
    (stats ?? []).map(({ key, valueJson }) => [String(key), Number(valueJson)]),
  );
  expect(values).toMatchObject({
    'proc.memory.rssMB': expect.any(Number),
    'proc.memory.availableMB': expect.any(Number),
    memory_percent: expect.any(Number),
    'tensors.count': expect.any(Number),
    'tensors.memoryMB': expect.any(Number),
  });
  expect(Object.values(values).every(Number.isFinite)).toBe(true);
});

test('the netrc file that NETRC names is the one that counts', () => {
  const before = process.env['NETRC'];
  try {
    process.env['NETRC'] = join(dir, 'mine');
    expect(nodeHost.netrc()).toBeUndefined();
    writeFileSync(join(dir, 'mine'), 'machine h password secret');
    expect(nodeHost.netrc()).toBe('machine h password secret');
  } finally {
    if (before === undefined) delete process.env['NETRC'];
    else process.env['NETRC'] = before;
  }
});
