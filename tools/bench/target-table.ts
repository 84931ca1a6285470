import { table } from './table.ts';
import type { Verdict } from './targets.ts';

/** What was to be reached, and what was. */
export function targetTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ name, median, low, high, cpu, least, aim, result }) => [
    name,
    result === 'not measured' ? '' : `${text(median)} (${text(low)}–${text(high)})`,
    Number.isNaN(cpu) ? '' : text(cpu),
    String(least),
    String(aim),
    { aim: 'aim', least: 'ok', missed: 'MISSED', 'not measured': 'not measured' }[result],
  ]);
  return table([['figure (threads)', 'ratio', 'of CPU', 'at least', 'aim', ''], ...rows]);
}

/** Where a percent counts, three digits. */
function text(ratio: number): string {
  return ratio.toFixed(ratio > 0.9 && ratio < 1.1 ? 3 : 2);
}
