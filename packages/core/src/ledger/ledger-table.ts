import { aligned } from '../aligned.ts';
import type { LedgerRow } from './ledger-row.ts';

/** What there is to sum up of rows. */
type Figures = Omit<LedgerRow, 'callback' | 'event' | 'phase' | 'leaks'>;

const COLUMNS: readonly (readonly [title: string, cell: (figures: Figures) => string])[] = [
  ['calls', ({ calls }) => String(calls)],
  ['ms', ({ seconds }) => (seconds * 1000).toFixed(1)],
  ['made', ({ made }) => String(made)],
  ['kept', ({ kept }) => String(kept)],
  ['size', ({ keptBytes }) => showBytes(keptBytes)],
  ['leaked', ({ leaked }) => String(leaked)],
  ['size', ({ leakedBytes }) => showBytes(leakedBytes)],
  ['peak', ({ peakBytes }) => showBytes(peakBytes)],
  ['reads', ({ readBacks }) => String(readBacks)],
];

/** The titles of {@link ledgerCells}. */
export const LEDGER_TITLES: readonly string[] = COLUMNS.map(([title]) => title);

/** A row's figures as text. */
export function ledgerCells(figures: Figures): string[] {
  return COLUMNS.map(([, cell]) => cell(figures));
}

/** All rows and their sums. */
export function ledgerTable(rows: readonly LedgerRow[], peakBytes: number): string {
  return aligned(
    [
      ['callback', 'event', 'phase', ...LEDGER_TITLES],
      ...rows.map((row) => [row.callback ?? '(loop)', row.event, row.phase, ...ledgerCells(row)]),
      ['in all', '', '', ...ledgerCells({ ...sumOf(rows), peakBytes })],
    ],
    3,
  );
}

function sumOf(rows: readonly LedgerRow[]): Omit<Figures, 'peakBytes'> {
  const sum = (of: keyof Figures): number => rows.reduce((total, row) => total + row[of], 0);
  return {
    calls: sum('calls'),
    seconds: sum('seconds'),
    made: sum('made'),
    kept: sum('kept'),
    keptBytes: sum('keptBytes'),
    leaked: sum('leaked'),
    leakedBytes: sum('leakedBytes'),
    readBacks: sum('readBacks'),
  };
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

function showBytes(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  return `${(bytes / 1024 ** power).toFixed(power && 1)} ${UNITS[power] ?? ''}`;
}
