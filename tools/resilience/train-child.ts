import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { BATCHES_PER_EPOCH, CHECKPOINT_EVERY, STAGES, type Stage } from './train-result.ts';

/** When to kill a training process: in what it is about to do, and not by the clock, so that all machines do alike. */
export interface Moment {
  readonly stage: Stage;
  /** When it says so for the how many-th time. */
  readonly nth: number;
  /** How far into it, from 0 to 1, as far as that can be foreseen. */
  readonly part: number;
}

/** How long each stage takes until the next begins, in milliseconds. */
export type Pace = Readonly<Record<Stage, number>>;

/** What became of a process. */
export interface Ended {
  readonly killed: boolean;
  /** What it has said, a byte of {@link STAGES} each. */
  readonly told: string;
  readonly pace: Pace;
}

/** Batches in which a stage surely comes, but for the end. */
const BATCHES: Readonly<Record<Exclude<Stage, 'fit end'>, number>> = {
  'start-up': 0,
  resume: 0,
  batches: 1,
  checkpoint: CHECKPOINT_EVERY,
  'epoch end': BATCHES_PER_EPOCH,
};

/** Batches that a process may do beyond the moment at which it is killed, before it waits. */
const AHEAD = 10;

/** After how many batches of its own a process that is to be killed waits for that; or when its fit has ended. */
export function waitsAfter({ stage, nth }: Moment): number | 'fit' {
  return stage === 'fit end' ? 'fit' : nth * BATCHES[stage] + AHEAD;
}

/** Runs one training process, which is killed at a moment or left alone. */
export async function train(
  args: readonly string[],
  plan?: { readonly moment: Moment; readonly pace: Pace },
): Promise<Ended> {
  const most = plan ? [String(waitsAfter(plan.moment))] : [];
  const child = spawn(process.execPath, [...args, ...most], { stdio: ['pipe', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  const times: number[] = [];
  let told = '';
  let due = plan;
  child.stdout.on('data', (text: Buffer) => {
    for (const byte of text.toString()) {
      told += byte;
      times.push(performance.now());
    }
    if (!due || count(told, due.moment.stage) < due.moment.nth) return;
    const { moment, pace } = due;
    due = undefined;
    setTimeout(() => child.kill('SIGKILL'), moment.part * pace[moment.stage]);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (signal !== 'SIGKILL' && code !== 0)
    throw new Error(
      `the training process ended with ${signal ?? `exit code ${String(code)}`}:\n${errors}`,
    );
  times.push(performance.now());
  return { killed: signal === 'SIGKILL', told, pace: paceOf(told, times) };
}

function count(told: string, stage: Stage): number {
  return told.split(STAGES[stage]).length - 1;
}

/** The mean time from a stage's byte to the next byte. */
function paceOf(told: string, times: readonly number[]): Pace {
  const mean = (stage: Stage): number => {
    const lengths = Array.from(told).flatMap((byte, i) => {
      const [begun, ended] = [times[i], times[i + 1]];
      return byte === STAGES[stage] && begun !== undefined && ended !== undefined
        ? [ended - begun]
        : [];
    });
    return lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length);
  };
  return {
    'start-up': mean('start-up'),
    resume: mean('resume'),
    batches: mean('batches'),
    checkpoint: mean('checkpoint'),
    'epoch end': mean('epoch end'),
    'fit end': mean('fit end'),
  };
}
