import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** One way to train a workload on one back end. */
export interface Lane {
  readonly workload: string;
  readonly backend: string;
  readonly contender: string;
}

/** What a lane's process says after a round. */
export type LaneAnswer =
  | { readonly msPerStep: number; readonly rss: number; readonly tensors: number }
  | { readonly error: string };

/** A lane's figures: milliseconds a step for each round, peak memory, or why it can't run. */
export interface Measured extends Lane {
  readonly msPerStep: readonly number[];
  readonly peakMiB: number;
  readonly error: string | undefined;
}

/** How long to measure: batches of a round, rounds that warm up, rounds that count. */
export interface Effort {
  readonly batches: number;
  readonly warmUp: number;
  readonly rounds: number;
  /** Threads of native lanes; undefined for as many as TensorFlow likes. */
  readonly nativeThreads: number | undefined;
}

/**
 * Times lanes, each in a process of its own, round after round in turn, so that what slows the machine down for
 * a while slows down all of them.
 */
export async function measure(
  lanes: readonly Lane[],
  { batches, warmUp, rounds, nativeThreads }: Effort,
  report: (line: string) => void,
): Promise<Measured[]> {
  const script = fileURLToPath(new URL('lane-process.js', import.meta.url));
  const threads = nativeThreads && { TF_NUM_INTRAOP_THREADS: String(nativeThreads) };
  const running = lanes.map((lane) => {
    const args = [lane.backend, lane.contender, lane.workload, String(batches)];
    const child = fork(script, args, { env: { ...process.env, ...threads } });
    return {
      lane,
      child,
      gone: exitOf(child),
      times: [] as number[],
      peak: 0,
      error: undefined as string | undefined,
    };
  });
  for (let round = 1; round <= warmUp + rounds; round++) {
    report(
      round <= warmUp ? `warm-up ${round} of ${warmUp}` : `round ${round - warmUp} of ${rounds}`,
    );
    // Every other round goes backwards: none is always the one after the slowest.
    for (const entry of round % 2 === 0 ? running : [...running].reverse()) {
      if (entry.error !== undefined) continue;
      const answer = await ask(entry.child, entry.gone);
      if ('error' in answer) entry.error = answer.error;
      else {
        entry.peak = Math.max(entry.peak, answer.rss);
        if (round > warmUp) entry.times.push(answer.msPerStep);
      }
    }
  }
  for (const { child } of running) child.kill();
  return running.map(({ lane, times, peak, error }) => ({
    ...lane,
    msPerStep: times,
    peakMiB: Math.round(peak / 2 ** 20),
    error,
  }));
}

/** Listened for once for each child, not once for each round. */
async function exitOf(child: ChildProcess): Promise<LaneAnswer> {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    return { error: `exit ${code ?? signal ?? '?'}` };
  } catch (error) {
    return { error: String(error) };
  }
}

async function ask(child: ChildProcess, gone: Promise<LaneAnswer>): Promise<LaneAnswer> {
  const said = once(child, 'message').then(([answer]) => answer as LaneAnswer);
  // Where the child is gone, `gone` says so.
  child.send('round', () => undefined);
  return Promise.race([said, gone]);
}
