import { createInterface } from 'node:readline';
import { errorLine } from './error-line.ts';
import type { Failure } from './child.ts';
import type { Ready, Round } from './lane.ts';

/** What can't run here: its lane is left out, and the message says why. */
export class Absent extends Error {}

/**
 * The life of a lane's process: starts, says what it is, and runs a round for every line on its standard input, until
 * that ends. Every answer is a line of JSON on standard output.
 */
export async function serve(
  start: () => Promise<Ready & { readonly epoch: () => Promise<void>; readonly steps: number }>,
): Promise<void> {
  try {
    const { epoch, steps, ...ready } = await start();
    say(ready);
    for await (const line of createInterface({ input: process.stdin })) {
      if (line !== 'round') throw new Error(`a lane is asked for "round", not ${line}`);
      const [began, cpu] = [performance.now(), process.cpuUsage()];
      await epoch();
      const { user, system } = process.cpuUsage(cpu);
      say({
        msPerStep: (performance.now() - began) / steps,
        cpuPerStep: (user + system) / 1000 / steps,
        // In KiB.
        peak: process.resourceUsage().maxRSS * 1024,
      });
    }
  } catch (error) {
    say(error instanceof Absent ? { absent: errorLine(error) } : { error: errorLine(error) });
  }
}

function say(answer: Ready | Round | Failure): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
