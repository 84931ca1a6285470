import type { Lane, Measured } from './lane.ts';
import { quantile, ratios } from './statistics.ts';

/** Whether a lane has all that is given. */
export function fits(lane: Lane, given: Partial<Lane>): boolean {
  return (Object.keys(given) as (keyof Lane)[]).every((key) => lane[key] === given[key]);
}

/** The fastest of the lanes that have all that is given and were measured; undefined where there is none. */
export function best(results: readonly Measured[], given: Partial<Lane>): Measured | undefined {
  return results
    .filter((lane) => lane.error === undefined && lane.msPerStep.length > 0)
    .filter((lane) => fits(lane, given))
    .sort((a, b) => quantile(a.msPerStep, 0.5) - quantile(b.msPerStep, 0.5))[0];
}

/** A lane's times over those of another one, round by round; NaN where one is missing. */
export function ratioOf(lane: Measured | undefined, other: Measured | undefined) {
  return ratios(lane?.msPerStep ?? [], other?.msPerStep ?? []);
}
