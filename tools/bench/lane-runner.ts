import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { errorLine } from './error-line.ts';
import type { Answer, LaneOrder } from './lane.ts';
import { programOf, type Places } from './programs.ts';

/** A lane's process. */
export interface RunningLane {
  /** Its next answer: the first one when it is ready, then one for each `ask`. */
  answer(): Promise<Answer>;
  /** Asks for a round. */
  ask(): void;
  end(): void;
}

/** Starts a lane's process, which speaks lines of JSON; other lines, of libraries that greet, are passed over. */
export function startLane(order: LaneOrder, places: Places): RunningLane {
  const [command, args] = programOf(order.lane, places);
  const { threads } = order.lane;
  const child = spawn(command, [...args, JSON.stringify(order)], {
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
    ([code]): Answer => ({ error: `exit ${String(code)}: ${lastError}` }),
    (error: unknown): Answer => ({ absent: errorLine(error) }),
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async answer() {
      for (;;) {
        const line = await lines.next();
        if (line.done === true) return gone;
        const answer = answerIn(line.value);
        if (answer !== undefined) return answer;
      }
    },
    ask: () => void child.stdin.write('round\n'),
    end: () => void child.kill(),
  };
}

function answerIn(line: string): Answer | undefined {
  if (!line.startsWith('{"')) return undefined;
  return JSON.parse(line) as Answer;
}
