import type { Difference } from './compare.ts';
import type { Spread } from './summary.ts';

/** A loss in four decimals, or in four digits where it is large. */
export function lossText(value: number): string {
  if (!Number.isFinite(value)) return 'diverged';
  return Math.abs(value) < 100 ? value.toFixed(4) : value.toPrecision(4);
}

/** A share as a percentage. */
export function shareText(value: number): string {
  return Number.isFinite(value) ? `${(100 * value).toFixed(2)} %` : '–';
}

/** How many of something: `1 run`, `2 runs`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Seconds. */
export function secondsText(value: number): string {
  return `${value.toFixed(1)} s`;
}

/** A mean with its standard deviation, where there is one. */
export function spreadText({ mean, sd }: Spread, text: (value: number) => string): string {
  return Number.isFinite(sd) ? `${text(mean)} ± ${bare(text(sd))}` : text(mean);
}

/** A signed difference with its confidence interval, where there is one. */
export function differenceText(
  { mean, interval }: Difference,
  text: (value: number) => string,
): string {
  if (!Number.isFinite(mean)) return 'diverged';
  const range = interval?.map((end) => signed(end, (value) => bare(text(value)))).join(' … ');
  return signed(mean, text) + (range ? `  [${range}]` : '');
}

/** Whether a confidence interval leaves out zero. */
export function isClear({ interval }: Difference): boolean {
  return interval !== undefined && (interval[0] > 0 || interval[1] < 0);
}

function signed(value: number, text: (value: number) => string): string {
  return (value < 0 ? '−' : '+') + text(Math.abs(value));
}

/** Without its unit, which is said once. */
function bare(text: string): string {
  return text.replace(/ [%s]$/, '');
}
