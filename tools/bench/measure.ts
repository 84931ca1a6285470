import * as tf from '@tensorflow/tfjs';
import { contenders, type Runner } from './contenders.ts';
import type { Workload } from './workloads.ts';

/** One way to train on one back end. */
export interface Lane {
  readonly backend: string;
  readonly contender: string;
}

/** Milliseconds a step of one lane, a figure for each round; `undefined` where it can't run. */
export interface Measured extends Lane {
  readonly workload: string;
  readonly msPerStep: readonly number[];
  readonly error: string | undefined;
}

/**
 * Times every lane on a workload, round after round in turn, so that what slows the machine down for a while
 * slows down all of them. The first round warms up and does not count.
 */
export async function measure(
  workload: Workload,
  lanes: readonly Lane[],
  rounds: number,
  report: (line: string) => void,
): Promise<Measured[]> {
  const steps = workload.examples / workload.batchSize;
  const running: { lane: Lane; runner: Runner; times: number[]; error?: string }[] = [];
  for (const lane of lanes) {
    await tf.setBackend(lane.backend);
    running.push({ lane, runner: runnerOf(lane, workload), times: [] });
  }
  for (let round = 0; round <= rounds; round++) {
    report(`${workload.name}: round ${round} of ${rounds}${round === 0 ? ' (warm-up)' : ''}`);
    // Every other round goes backwards: none is always the one after the slowest.
    for (const entry of round % 2 === 0 ? running : [...running].reverse()) {
      if (entry.error !== undefined) continue;
      await tf.setBackend(entry.lane.backend);
      try {
        const start = performance.now();
        await entry.runner.epoch();
        if (round > 0) entry.times.push((performance.now() - start) / steps);
      } catch (error) {
        entry.error = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
      }
    }
  }
  for (const { lane, runner } of running) {
    await tf.setBackend(lane.backend);
    runner.dispose();
  }
  return running.map(({ lane, times, error }) => ({
    ...lane,
    workload: workload.name,
    msPerStep: times,
    error,
  }));
}

function runnerOf({ contender }: Lane, workload: Workload): Runner {
  const make = contenders[contender];
  if (!make) throw new RangeError(`bench: there is no contender "${contender}"`);
  return make(workload);
}
