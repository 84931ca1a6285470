import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rng, type Rng } from '@tfloop/core';
import { damage } from './damage.ts';
import { differingRows, loggedRows } from './logged-rows.ts';
import { CHECKPOINTS, differingBits, RESULT, type Result } from './train-result.ts';

/** Options of {@link killAndCompare}. */
export interface KillOptions {
  readonly backend: 'cpu' | 'wasm';
  /** Of each run, 25 steps each. */
  readonly epochs: number;
  /** How often the process is killed. */
  readonly kills: number;
  /** The longest time in milliseconds from a process's first line to its end. */
  readonly longest: number;
  /** How often a kill is followed by damage to the newest checkpoint, from 0 to 1. */
  readonly damage: number;
  readonly seed: number;
  readonly tell: (line: string) => void;
}

/** What killing has come to. */
export interface KillReport {
  readonly backend: string;
  readonly kills: number;
  /** Processes that went on from a checkpoint. */
  readonly resumes: number;
  readonly damaged: number;
  /** Whole runs that were made of killed ones. */
  readonly runs: number;
  readonly differingBits: number;
  /** Rows of their Weights & Biases logs that are not those of the unbroken run: lost, twice there, or others. */
  readonly differingRows: number;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Trains in processes that get SIGKILL at random moments, damages checkpoints in between, resumes each time, and
 * compares what the runs end with, bit for bit, with an unbroken run.
 */
export async function killAndCompare(options: KillOptions): Promise<KillReport> {
  const { kills, longest, seed, tell } = options;
  const random = rng(seed, 'kills');
  const expected = await inFolder(async (folder) => {
    await train(options, folder, undefined);
    return { result: readResult(folder), rows: loggedRows(readResult(folder).log) };
  });
  const report = {
    backend: options.backend,
    kills: 0,
    resumes: 0,
    damaged: 0,
    runs: 0,
    differingBits: 0,
    differingRows: 0,
  };
  while (report.kills < kills)
    await inFolder(async (folder) => {
      while (!existsSync(join(folder, RESULT))) {
        const delay = report.kills < kills ? Math.round(random.uniform() * longest) : undefined;
        const { killed, resumed } = await train(options, folder, delay);
        report.kills += Number(killed);
        report.resumes += Number(resumed);
        if (!killed) continue;
        const done = random.uniform() < options.damage ? damageNewest(folder, random) : undefined;
        report.damaged += Number(done !== undefined);
        tell(`kill ${report.kills} of ${kills} after ${delay ?? 0} ms${done ? `, ${done}` : ''}`);
      }
      report.runs++;
      const result = readResult(folder);
      const bits = differingBits(expected.result, result);
      const rows = differingRows(expected.rows, loggedRows(result.log));
      report.differingBits += bits;
      report.differingRows += rows;
      tell(`run ${report.runs} has ended: ${bits} differing bits, ${rows} differing rows`);
    });
  return report;
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'tfloop-kill-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readResult(folder: string): Result {
  return JSON.parse(readFileSync(join(folder, RESULT), 'utf8')) as Result;
}

function damageNewest(folder: string, random: Rng): string | undefined {
  const checkpoints = join(folder, CHECKPOINTS);
  return existsSync(checkpoints) ? damage(checkpoints, random) : undefined;
}

/** Runs one process, which is killed some milliseconds after it has begun to train, or is left alone. */
async function train(
  { backend, epochs }: KillOptions,
  folder: string,
  delay: number | undefined,
): Promise<{ killed: boolean; resumed: boolean }> {
  const loader = ['-C', '@tfloop/source', '--import', join(root, 'tools', 'typescript.js')];
  const script = join(root, 'tools', 'resilience', 'train-process.ts');
  const child = spawn(process.execPath, [...loader, script, backend, folder, String(epochs)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  let told = '';
  child.stdout.on('data', (text: Buffer) => (told += text.toString()));
  child.stdout.once('data', () => {
    if (delay !== undefined) setTimeout(() => child.kill('SIGKILL'), delay);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (signal !== 'SIGKILL' && code !== 0)
    throw new Error(
      `the training process ended with ${signal ?? `exit code ${String(code)}`}:\n${errors}`,
    );
  return { killed: signal === 'SIGKILL', resumed: told.includes('resumed') };
}
