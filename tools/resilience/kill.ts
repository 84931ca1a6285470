import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rng, type Rng } from '@tfloop/core';
import { bundleProgram } from '../bundle-program.ts';
import { damage } from './damage.ts';
import { differingRows, isEnded, loggedRows } from './logged-rows.ts';
import { train, waitsAfter, type Moment } from './train-child.ts';
import {
  BATCHES_PER_EPOCH,
  CHECKPOINTS,
  differingBits,
  RESULT,
  STAGES,
  type Result,
  type Stage,
} from './train-result.ts';

/** Options of {@link killAndCompare}. */
export interface KillOptions {
  readonly backend: 'cpu' | 'wasm';
  /** Of each run, {@link BATCHES_PER_EPOCH} batches each. */
  readonly epochs: number;
  /** When processes are killed, one after the other, each sooner than a run can end. */
  readonly moments: readonly Moment[];
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
  /** Kills that left a half-written checkpoint. */
  readonly halfWritten: number;
  /** Kills by what they fell in. */
  readonly fell: Readonly<Record<Stage, number>>;
  /** Whole runs that were made of killed ones. */
  readonly runs: number;
  readonly differingBits: number;
  /** Rows of their Weights & Biases logs that are not those of the unbroken run: lost, twice there, or others. */
  readonly differingRows: number;
  /** Logs that do not tell that their run ended well. */
  readonly unended: number;
}

/** Draws moments to kill at: anywhere, and often where it is most likely to do harm. */
export function drawMoments(kills: number, random: Rng): Moment[] {
  const kinds: readonly [stage: Stage, most: number][] = [
    ['batches', 60],
    ['start-up', 1],
    ['checkpoint', 8],
    ['epoch end', 2],
    ['batches', 60],
    ['checkpoint', 8],
    ['fit end', 1],
  ];
  return Array.from({ length: kills }, (_, i) => {
    const [stage, most] = kinds[i % kinds.length] ?? ['batches', 60];
    return { stage, nth: 1 + random.integer(most), part: random.uniform() };
  });
}

/**
 * Trains in processes that get SIGKILL at random moments, damages checkpoints in between, resumes each time, and
 * compares what the runs end with, bit for bit, with an unbroken run.
 */
export async function killAndCompare(options: KillOptions): Promise<KillReport> {
  const { backend, epochs, moments, tell } = options;
  const batches = epochs * BATCHES_PER_EPOCH;
  for (const moment of moments)
    if (Number(waitsAfter(moment)) > batches)
      throw new RangeError(`a run of ${batches} batches may end before ${JSON.stringify(moment)}`);
  const random = rng(options.seed, `damage on ${backend}`);
  const built = mkdtempSync(join(tmpdir(), 'tfloop-kill-'));
  const script = await bundleProgram(join(import.meta.dirname, 'train-process.ts'), built);
  const argsFor = (folder: string) => [script, backend, folder, String(epochs)];
  const report = {
    backend,
    kills: 0,
    resumes: 0,
    damaged: 0,
    halfWritten: 0,
    fell: { 'start-up': 0, resume: 0, batches: 0, checkpoint: 0, 'epoch end': 0, 'fit end': 0 },
    runs: 0,
    differingBits: 0,
    differingRows: 0,
    unended: 0,
  };
  try {
    tell(`${backend}: an unbroken run to compare with …`);
    const { pace, expected } = await inFolder(async (folder) => {
      const { pace } = await train(argsFor(folder));
      const result = readResult(folder);
      return { pace, expected: { result, rows: loggedRows(result.log) } };
    });
    while (report.kills < moments.length)
      await inFolder(async (folder) => {
        while (!existsSync(join(folder, RESULT))) {
          const moment = moments[report.kills];
          const before = halfWritten(folder);
          const { killed, told } = await train(argsFor(folder), moment && { moment, pace });
          report.resumes += Number(told.includes(STAGES.resume));
          if (!killed) continue;
          report.kills++;
          report.halfWritten += Number(halfWritten(folder).some((name) => !before.includes(name)));
          const fell = stageOf(told);
          report.fell[fell]++;
          const done = random.uniform() < options.damage ? damageNewest(folder, random) : undefined;
          report.damaged += Number(done !== undefined);
          tell(`kill ${report.kills} of ${moments.length}: ${fell}${done ? `, ${done}` : ''}`);
        }
        report.runs++;
        const result = readResult(folder);
        const bits = differingBits(expected.result, result);
        const rows = differingRows(expected.rows, loggedRows(result.log));
        report.differingBits += bits;
        report.differingRows += rows;
        report.unended += Number(!isEnded(result.log));
        tell(
          `run ${report.runs} has ended: ${bits} differing bits, ${rows} differing rows, ${isEnded(result.log) ? '' : 'not '}ended in its log`,
        );
      });
  } finally {
    rmSync(built, { recursive: true });
  }
  return report;
}

/** What a process was doing. */
function stageOf(told: string): Stage {
  const stages = Object.keys(STAGES) as Stage[];
  return stages.find((stage) => STAGES[stage] === told.at(-1)) ?? 'start-up';
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

/** Names of checkpoints that were being written when a process died. */
function halfWritten(folder: string): string[] {
  const checkpoints = join(folder, CHECKPOINTS);
  const names = existsSync(checkpoints) ? readdirSync(checkpoints) : [];
  return names.filter((name) => name.startsWith('.'));
}

function damageNewest(folder: string, random: Rng): string | undefined {
  const checkpoints = join(folder, CHECKPOINTS);
  return existsSync(checkpoints) ? damage(checkpoints, random) : undefined;
}
