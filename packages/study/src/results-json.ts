import { compare } from './compare.ts';
import type { Results } from './results.ts';
import { summarize } from './summary.ts';

/** The results with their summary and comparisons; what is not a finite number becomes null. */
export function resultsJson(results: Results): string {
  const whole = { ...results, summary: summarize(results), comparisons: compare(results) };
  return JSON.stringify(whole, undefined, 2) + '\n';
}
