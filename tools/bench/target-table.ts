import { table } from './table.ts';
import type { Verdict } from './targets.ts';

/** What was to be reached, and what was. */
export function targetTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ name, median, low, high, cpu, least, aim, result }) => [
    name,
    result === 'not measured' ? '' : `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`,
    result === 'not measured' ? '' : cpu.toFixed(2),
    String(least),
    String(aim),
    { aim: 'aim', least: 'ok', missed: 'MISSED', 'not measured': 'not measured' }[result],
  ]);
  return table([['figure', 'ratio', 'of CPU', 'at least', 'aim', ''], ...rows]);
}
