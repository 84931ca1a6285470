import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { LogInUseError } from '../src/log-errors.ts';
import { logFiles } from '../src/platform/log-file.ts';
import type { Platform } from '../src/platform/platform.ts';
import { openRun, type OpenRunOptions } from '../src/run.ts';
import { quietPlatform } from './quiet-platform.ts';
import { recordsOf, totalOf } from './read-run.ts';
import { historyOf } from './server-run.ts';
import { wandbServer, type WandbServer } from './server.ts';

let dir: string;
let said: string[];
let server: WandbServer;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tfloop-begin-'));
  said = [];
  server = await wandbServer();
});
afterEach(async () => {
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

const open = (options: OpenRunOptions, platform: Platform = quietPlatform(said)) =>
  openRun(
    {
      dir,
      mode: 'online',
      apiKey: '0123456789abcdef0123456789abcdef01234567',
      baseUrl: server.baseUrl,
      console: false,
      stats: false,
      ...options,
    },
    { platform, timing: { interval: 20 } },
  );

test.each([
  ['nothing', []],
  // `:W&B`, 0xbee1 and the version 0, as wandb/sdk/internal/datastore.py of the official client has them.
  ['a header', [0x3a, 0x57, 0x26, 0x42, 0xe1, 0xbe, 0]],
])('a run that was killed at its begin goes on in its log, which has %s', async (_, bytes) => {
  const folder = join(dir, 'wandb', 'offline-run-20260101_000000-x');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'run-x.wandb'), new Uint8Array(bytes));
  const run = await open({ id: 'x', resume: 'allow' });
  expect(run.folder).toBe(folder);
  for (let i = 0; i < 3; i++) run.log({ i });
  expect(await run.finish()).toMatchObject({ rows: 3, uploadedRows: 3 });
  expect(historyOf(server.run('x')).map(({ i }) => i)).toEqual([0, 1, 2]);
  expect(recordsOf(folder).map((record) => Object.keys(record)[0])).toEqual([
    'header',
    'run',
    'telemetry',
    ...Array<string>(3).fill('history'),
    'summary',
    'exit',
  ]);
});

describe('without files', () => {
  const inMemory = (options: OpenRunOptions) => open(options, { host: quietPlatform(said).host });

  test.each(['allow', 'must'] as const)(
    'resume %s goes on behind what is there',
    async (resume) => {
      const first = await inMemory({ id: 'y' });
      for (let i = 0; i < 5; i++) first.log({ i });
      await first.finish(1);
      const next = await inMemory({ id: 'y', resume });
      expect(next.step).toBe(5);
      for (let i = 5; i < 7; i++) next.log({ i });
      expect(await next.finish()).toMatchObject({ rows: 2, uploadedRows: 2 });
      const run = server.run('y');
      expect(historyOf(run).map(({ i, _step }) => [i, _step])).toEqual(
        Array.from({ length: 7 }, (__, i) => [i, i]),
      );
      expect(run?.faults).toEqual([]);
    },
  );

  test.each([
    ['online', 'the service'],
    ['offline', 'nowhere'],
  ] as const)('resume must refuses a run that is not there, %s', async (mode, where) => {
    await expect(inMemory({ id: 'y', resume: 'must', mode, dir: 'nowhere' })).rejects.toThrow(
      `openRun: resume is 'must', but ${where} has no run of the id y`,
    );
  });
});

test('a run beside another one has nothing of it', async () => {
  const first = await open({ id: 'x', mode: 'offline' });
  first.defineMetric('loss', { summary: ['min'] });
  first.log({ loss: 0.001, acc: 7 });
  await first.finish(1);
  // Somebody else begins to write it between the look at it and the first write.
  const append = (): never => {
    throw new LogInUseError('x', 'another process');
  };
  const racing = { ...quietPlatform(said), logFiles: { ...logFiles, append } };
  const run = await open({ id: 'x', resume: 'allow', mode: 'offline' }, racing);
  expect(run.id).toMatch(/^x-.{4}$/);
  run.log({ loss: 5 });
  await run.finish();
  const { loss, acc, _step } = totalOf(run.folder, 'summary');
  expect({ loss, acc, _step }).toEqual({ loss: 5, acc: undefined, _step: 0 });
  expect(recordsOf(run.folder).filter((record) => 'metric' in record)).toEqual([]);
});
