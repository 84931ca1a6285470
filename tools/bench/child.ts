import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { errorLine } from './error-line.ts';

/** Why a process has no figures: it can't run here, or something went wrong. */
export type Failure = { readonly absent: string } | { readonly error: string };

/** So long an answer may take, in minutes: the slowest step is one of seconds, and a first one compiles. */
const PATIENCE = 10;

/** A process that measures, and says its figures in answers of type A. */
export interface Child<A> {
  /** Its next answer. */
  answer(): Promise<A | Failure>;
  /** Asks for a round. */
  ask(): void;
  end(): void;
}

/**
 * Starts a process that computes on so many threads and speaks lines of JSON; other lines, of libraries that greet, are
 * passed over.
 */
export function startChild<A>(command: string, args: readonly string[], threads: number): Child<A> {
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...process.env,
      TF_CPP_MIN_LOG_LEVEL: '2',
      TF_NUM_INTRAOP_THREADS: String(threads),
      OMP_NUM_THREADS: String(threads),
      // PyTorch's threads spin while they wait; where others want the cores, too, a step takes 50 times as long.
      OMP_WAIT_POLICY: 'PASSIVE',
    },
  });
  let lastError = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    lastError = text.trim().split('\n').at(-1) ?? lastError;
  });
  // One that is gone is told of by its end.
  child.stdin.on('error', () => undefined);
  const gone = once(child, 'close').then(
    ([code]): Failure => ({ error: `exit ${String(code)}: ${lastError}` }),
    (error: unknown): Failure => ({ absent: errorLine(error) }),
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async answer() {
      const late = new AbortController();
      const limit = setTimeout(() => {
        late.abort();
        child.kill('SIGKILL');
      }, PATIENCE * 60_000);
      try {
        for (;;) {
          const line = await lines.next();
          if (line.done === true)
            return late.signal.aborted
              ? { error: `no answer within ${PATIENCE} minutes` }
              : await gone;
          if (line.value.startsWith('{"')) return JSON.parse(line.value) as A | Failure;
        }
      } finally {
        clearTimeout(limit);
      }
    },
    ask: () => void child.stdin.write('round\n'),
    end: () => void child.kill(),
  };
}
