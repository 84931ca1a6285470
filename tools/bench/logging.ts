import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a round of logging says: a fit that logs every batch, and one that only writes as many bytes. */
export interface LoggingRound {
  /** Microseconds that the logger's hooks took: the batch in the middle, and the mean of all. */
  readonly median: number;
  readonly mean: number;
  /** Microseconds of one write of a row's bytes, in the middle: what a durable log takes at least. */
  readonly bareWrite: number;
  /** Rows of the run so far. */
  readonly rows: number;
  /** Bytes, after a garbage collection. */
  readonly heap: number;
  /** Bytes: the most that the process has had so far. */
  readonly peak: number;
}

/** What the logger costs on a back end, or why that is not known. */
export interface LoggingMeasured {
  readonly backend: string;
  readonly rounds: readonly LoggingRound[];
  readonly error: string | undefined;
}

/** What the process of a measurement says. */
export type LoggingAnswer = LoggingRound | { readonly error: string };

/** How much is logged. */
export interface LoggingEffort {
  /** Rounds that are counted. */
  readonly rounds: number;
  /** Rows of each. */
  readonly batches: number;
}

/** Rows before those that are counted: so many it takes until all of the code is compiled for good. */
export const WARM_UP_ROWS = 10_000;

/** Logs one run on a back end, {@link WARM_UP_ROWS} rows and then the counted ones, in a process of its own. */
export async function measureLogging(
  backend: string,
  { rounds, batches }: LoggingEffort,
  report: (line: string) => void,
): Promise<LoggingMeasured> {
  const script = fileURLToPath(new URL('logging-process.js', import.meta.url));
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const done: LoggingRound[] = [];
  let error: string | undefined;
  try {
    const args = [backend, folder, String(rounds), String(batches), String(WARM_UP_ROWS)];
    const child = fork(script, args, { execArgv: ['--expose-gc'] });
    child.on('message', (answer: LoggingAnswer) => {
      if ('error' in answer) ({ error } = answer);
      else {
        done.push(answer);
        report(`round ${done.length} of ${rounds}, ${answer.rows} rows`);
      }
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (done.length < rounds) error ??= `exit ${code ?? 'by a signal'}`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { backend, rounds: done, error };
}

/** Bytes that the heap and the process have grown by since the first counted round. */
export function growth({ rounds }: LoggingMeasured): { heap: number; peak: number } {
  const [first, last] = [rounds[0], rounds.at(-1)];
  return {
    heap: (last?.heap ?? NaN) - (first?.heap ?? NaN),
    peak: (last?.peak ?? NaN) - (first?.peak ?? NaN),
  };
}
