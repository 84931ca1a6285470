import { check } from '@tfloop/core';
import { checkPosition, type Curve, type Schedule } from './curve.ts';
import { titled } from './titled.ts';

/** A stretch of a combined schedule. */
export interface Part<S extends Schedule = Schedule> {
  /** Share of the whole, >= 0; those of all parts sum to 1. */
  readonly fraction: number;
  /** Runs from position 0 to 1 within its stretch. */
  readonly schedule: S;
}

/**
 * Schedules one after another, each squeezed into its fraction of the whole.
 *
 * A joint belongs to the part after it. Throws where the fractions do not sum to 1 within 1e-9.
 */
export function combine(parts: readonly Part<Curve>[]): Curve;
export function combine(parts: readonly Part[]): Schedule;
export function combine(parts: readonly Part[]): Schedule {
  parts.forEach(({ fraction }, i) => {
    check.number('combine', `fraction ${i}`, fraction, { min: 0, max: 1 });
  });
  const sum = parts.reduce((total, { fraction }) => total + fraction, 0);
  if (Math.abs(sum - 1) > 1e-9)
    throw new RangeError(`combine: the fractions must sum to 1, got ${sum}`);
  // An empty stretch is never entered, except that position 1 must be somewhere.
  const stretches = parts.filter(({ fraction }) => fraction > 0);
  const title = parts.map(({ fraction, schedule }) => `${fraction} ${String(schedule)}`).join(', ');
  return titled(`combine(${title})`, (position, moment) => {
    checkPosition('combine', position);
    if (Number.isNaN(position)) return NaN;
    let start = 0;
    for (const [i, { fraction, schedule }] of stretches.entries()) {
      if (position < start + fraction || i === stretches.length - 1)
        // The sum of fractions may miss 1 by a rounding error.
        return schedule(Math.min((position - start) / fraction, 1), moment);
      start += fraction;
    }
    return NaN;
  });
}
