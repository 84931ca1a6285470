import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { syncRun } from '../src/sync-run.ts';
import { rowsOf } from './read-run.ts';
import type { Fault } from './server-faults.ts';
import { historyOf } from './server-run.ts';
import { wandbServer, type WandbServer } from './server.ts';
import { bundleTraining, train, type TrainProcess, type TrainResult } from './train-process.ts';
import type { Training } from './training-process.ts';

const KEY = '0123456789abcdef0123456789abcdef01234567';
const timing = { interval: 100, maxInterval: 300, backoff: { min: 50, max: 300 } };
const STEPS = 100;

interface Case {
  readonly name: string;
  readonly faults?: readonly Fault[];
  /** The service is not there while the training begins. */
  readonly down?: boolean;
  readonly training?: Partial<Training>;
  readonly options?: Training['options'];
  readonly limit?: number;
  /** What happens while it trains. */
  readonly during?: (process: TrainProcess, server: WandbServer) => Promise<unknown>;
  /** How it ends. @default 0 */
  readonly ends?: number | NodeJS.Signals;
  /** The exit code that the service learns; undefined where none is written. @default 0 */
  readonly exitCode?: number | undefined;
  /** Steps that are done at least. @default all */
  readonly steps?: number;
  /** Starts it again, from its newest checkpoint. */
  readonly again?: boolean;
  /** The service has it all when the process ends. */
  readonly online?: boolean;
}

const stream = (fault: Omit<Fault, 'operations'>): Fault[] => [
  { operations: ['file_stream'], ...fault },
];
const status = (code: number, headers = {}): Fault['effect'] => ({
  kind: 'status',
  status: code,
  headers,
});
const kill = (signal: NodeJS.Signals) => async (process: TrainProcess) => {
  await process.reached(50);
  process.child.kill(signal);
};
const fatal: Partial<Case> = { steps: STEPS };
const paced: Partial<Training> = { pace: 8 };

const CASES: readonly Case[] = [
  { name: 'healthy', online: true },
  { name: 'offline', options: { mode: 'offline' } },
  {
    name: 'an answer after 10 s',
    faults: stream({ effect: { kind: 'delay', milliseconds: 10_000 }, to: 1 }),
    online: true,
  },
  {
    name: 'down for a while',
    training: paced,
    online: true,
    async during(process, server) {
      await process.reached(20);
      await server.goDown();
      await process.reached(60);
      await server.comeBack();
    },
  },
  { name: 'down all the time', down: true, options: { finishWithin: 1 } },
  {
    name: '500',
    training: paced,
    faults: stream({ effect: status(500), from: 1, to: 4 }),
    online: true,
  },
  {
    name: '429 with Retry-After',
    training: paced,
    faults: stream({ effect: status(429, { 'retry-after': '1' }), from: 1, to: 2 }),
    online: true,
  },
  { name: '401', training: paced, faults: stream({ effect: status(401), from: 1 }), ...fatal },
  { name: '409', training: paced, faults: stream({ effect: status(409), from: 1 }), ...fatal },
  { name: 'slow', faults: stream({ effect: { kind: 'delay', milliseconds: 700 } }), online: true },
  {
    name: 'reset before it applied',
    training: paced,
    faults: stream({ effect: { kind: 'reset', applied: false }, from: 1, to: 4 }),
    online: true,
  },
  {
    name: 'reset after it applied',
    training: paced,
    faults: stream({ effect: { kind: 'reset', applied: true }, from: 1, to: 4 }),
    online: true,
  },
  { name: 'hangs for ever', faults: [{ effect: { kind: 'hang' } }], options: { finishWithin: 1 } },
  {
    name: 'killed before the end',
    training: paced,
    options: { finishWithin: 1 },
    during: (process, server) => process.reached(80).then(() => server.goDown()),
  },
  {
    name: 'faults at the beginning',
    faults: [{ effect: status(503), operations: ['UpsertBucket', 'Viewer'], to: 2 }],
    online: true,
  },
  {
    name: 'SIGINT',
    training: paced,
    during: kill('SIGINT'),
    ends: 'SIGINT',
    exitCode: 130,
    steps: 50,
    online: true,
  },
  {
    name: 'SIGTERM',
    training: paced,
    during: kill('SIGTERM'),
    ends: 'SIGTERM',
    exitCode: 143,
    steps: 50,
    online: true,
  },
  {
    name: 'SIGINT, offline',
    training: paced,
    options: { mode: 'offline' },
    during: kill('SIGINT'),
    ends: 'SIGINT',
    exitCode: 130,
    steps: 50,
  },
  {
    name: 'SIGINT that the program handles',
    training: { ...paced, handles: true },
    during: kill('SIGINT'),
    steps: 50,
    online: true,
  },
  { name: 'process.exit', training: { at: 50, then: 'exit' }, ends: 3, exitCode: 3, steps: 50 },
  {
    name: 'the training throws',
    training: { at: 50, then: 'throw' },
    ends: 1,
    exitCode: 1,
    steps: 50,
    online: true,
  },
  {
    name: 'an uncaught error',
    training: { ...paced, at: 50, then: 'uncaught' },
    ends: 1,
    exitCode: 1,
    steps: 50,
  },
  {
    name: 'kill -9',
    training: paced,
    during: kill('SIGKILL'),
    ends: 'SIGKILL',
    exitCode: undefined,
    steps: 50,
  },
  {
    name: 'kill -9, then on from a checkpoint, offline',
    training: { ...paced, checkpoints: 'checkpoints' },
    options: { mode: 'offline' },
    during: kill('SIGKILL'),
    ends: 'SIGKILL',
    again: true,
  },
  {
    name: 'kill -9, then on from a checkpoint, online',
    training: { ...paced, checkpoints: 'checkpoints' },
    during: kill('SIGKILL'),
    ends: 'SIGKILL',
    again: true,
    online: true,
  },
  { name: 'disk full, online', limit: 16 * 1024, online: true },
];

let folder: string;
let bundle: string;
const table: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tfloop-wandb-'));
  bundle = await bundleTraining(folder);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  const head = ['case', 'rows', 'lost', 'twice', 'out of order', 'ended with', 'seconds after'];
  console.log(['', head.join(' | '), ...table].join('\n'));
});

describe('a training process', () => {
  // They mostly wait, so several at once cost little more than one.
  test.concurrent.each(CASES.map((each) => [each.name, each] as const))('%s', async (_, each) => {
    await runCase(each);
  });
});

async function runCase(each: Case): Promise<void> {
  const { name, training = {}, options = {}, ends = 0, steps: least = STEPS } = each;
  const dir = mkdtempSync(join(folder, 'case-'));
  const server = await wandbServer({ faults: each.faults ?? [] });
  try {
    const { checkpoints } = training;
    const whole: Training = {
      timing,
      ...training,
      ...(checkpoints !== undefined && { checkpoints: join(dir, checkpoints) }),
      options: {
        project: 'faults',
        id: 'run',
        dir,
        ...(options.mode !== 'offline' && { baseUrl: server.baseUrl }),
        ...options,
      },
    };
    const env = { WANDB_API_KEY: KEY };
    if (each.down) await server.goDown();
    const process = train(bundle, whole, {
      env,
      ...(each.limit !== undefined && { limit: each.limit }),
    });
    const [first] = await Promise.all([process.ended, each.during?.(process, server)]);
    expect({ ends: first.signal ?? first.code, errors: first.errors }).toEqual({
      ends,
      errors: expect.not.stringMatching(/unhandled|MaxListeners/i),
    });
    const result = each.again ? await train(bundle, whole, { env }).ended : first;
    if (each.again) expect(result).toMatchObject({ code: 0, fitted: true });
    const done = each.again ? STEPS : Math.max(...result.steps);
    expect(done).toBeGreaterThanOrEqual(least);

    const [runFolder = ''] = readdirSync(join(dir, 'wandb'));
    const path = join(dir, 'wandb', runFolder);
    const inLog = stepsOf(rowsOf(path));
    const exitCode = 'exitCode' in each ? each.exitCode : 0;
    if (exitCode !== undefined)
      expect(readdirSync(path).filter((file) => file.endsWith('.lock'))).toEqual([]);
    if (each.limit === undefined) expect(countsOf(inLog, done)).toMatchObject(none);

    if (!each.online) {
      // The service is well again.
      server.setFaults([]);
      await server.comeBack().catch(() => undefined);
      const report = await syncRun(
        path,
        { baseUrl: server.baseUrl, apiKey: KEY, silent: true },
        timing,
      );
      expect(report).toMatchObject({ pendingRows: 0, syncCommand: undefined });
    }
    const run = server.run('run');
    const atService = stepsOf(historyOf(run));
    const counts = countsOf(atService, done);
    table.push(row(name, atService.length, counts, result, first));
    expect(counts).toMatchObject(none);
    expect({ complete: run?.complete, exitCode: run?.exitCode }).toEqual(
      exitCode === undefined
        ? { complete: false, exitCode: undefined }
        : { complete: true, exitCode },
    );
  } finally {
    await server.close();
  }
}

const none = { lost: 0, twice: 0, reordered: 0 };

/** The optimizer steps of the rows by batch. */
function stepsOf(rows: readonly Record<string, unknown>[]): number[] {
  return rows.flatMap((row) =>
    row['batch/loss'] === undefined ? [] : [Number(row['batch/step'])],
  );
}

function countsOf(steps: readonly number[], done: number) {
  const seen = new Set(steps);
  const lost = Array.from({ length: done }, (_, i) => i + 1).filter((step) => !seen.has(step));
  return {
    lost: lost.length,
    twice: steps.length - seen.size,
    reordered: steps.filter((step, i) => i > 0 && step < (steps[i - 1] ?? 0)).length,
  };
}

function row(
  name: string,
  rows: number,
  counts: typeof none,
  result: TrainResult,
  first: TrainResult,
): string {
  const { lost, twice, reordered } = counts;
  const ended = first.signal ?? String(first.code);
  return [name, rows, lost, twice, reordered, ended, result.secondsAfter.toFixed(1)].join(' | ');
}
