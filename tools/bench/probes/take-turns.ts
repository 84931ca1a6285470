import { quantile } from '../statistics.ts';

/** What is timed: goes over its steps once. */
export interface Timed {
  readonly steps: number;
  readonly run: () => Promise<void> | void;
}

/**
 * Times several things round after round in turn, one round for warming up; the microseconds a step of each round,
 * in the order given.
 */
export async function takeTurns(things: readonly Timed[], rounds: number): Promise<number[][]> {
  const times = things.map((): number[] => []);
  for (let round = 0; round <= rounds; round++)
    for (const [i, { steps, run }] of things.entries()) {
      const began = performance.now();
      await run();
      if (round > 0) times[i]?.push((1000 * (performance.now() - began)) / steps);
    }
  return times;
}

/** The round in the middle. */
export function middle(times: readonly number[] | undefined): number {
  return quantile(times ?? [], 0.5);
}

/** The round in the middle, then the quartiles below and above it. */
export function quartiles(times: readonly number[] | undefined): number[] {
  return [0.5, 0.25, 0.75].map((q) => quantile(times ?? [], q));
}

/** How much more the first take than the second, round by round. */
export function differences(
  times: readonly number[] | undefined,
  base: readonly number[] | undefined,
): number[] {
  return (times ?? []).map((time, round) => time - (base?.[round] ?? NaN));
}
