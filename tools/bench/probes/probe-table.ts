import type { Cell, ProbeMeasured } from './probe.ts';
import { PROBES } from './probe-tables.ts';
import { table } from '../table.ts';

/** What a probe measured: the rows of every back end. */
export function probeTable(measured: readonly ProbeMeasured[]): string {
  const [first] = measured;
  if (first === undefined) return '';
  const rows = measured.flatMap(({ backend, threads, rows: cells, error }) => [
    ...cells.map((row) => [backend, String(threads), ...row.map(textOf)]),
    ...(error === undefined ? [] : [[backend, String(threads), `fails: ${error.slice(0, 80)}`]]),
  ]);
  const { columns } = PROBES[first.probe];
  return `${first.probe}\n${table([['back end', 'threads', ...columns], ...rows])}`;
}

/** Three digits of what was measured, and all of what was counted. */
function textOf(cell: Cell): string {
  if (typeof cell === 'string') return cell;
  if (Number.isInteger(cell)) return cell.toLocaleString('en-US');
  return Math.abs(cell) >= 100 ? cell.toFixed(0) : String(Number(cell.toPrecision(3)));
}
