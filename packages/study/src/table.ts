import { styleText } from 'node:util';
import { comparisonCells, summaryCells, type Cell } from './cells.ts';
import { compare } from './compare.ts';
import type { Results } from './results.ts';
import { summarize } from './summary.ts';

type Style = Parameters<typeof styleText>[0];

const STYLES: Readonly<Record<NonNullable<Cell['mark']>, Style>> = {
  best: ['bold', 'green'],
  clear: 'bold',
};

/** The optimizers with their figures; the best of a column is highlighted where colors are wanted. */
export function summaryTable(results: Results, { color = false } = {}): string {
  return table(
    ['optimizer', 'train loss', 'validation loss', 'accuracy', 'time'],
    summaryCells(summarize(results)),
    color,
  );
}

/** The paired differences, or nothing where no two arms are a pair. */
export function comparisonTable(results: Results, { color = false } = {}): string {
  const comparisons = compare(results);
  if (comparisons.length === 0) return '';
  const hasInterval = comparisons.some(({ validLoss }) => validLoss.interval);
  return table(
    ['difference', 'validation loss', 'accuracy'].map((name, i) =>
      hasInterval && i > 0 ? `${name}  [95 %]` : name,
    ),
    comparisons.map(comparisonCells),
    color,
  );
}

function table(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  color: boolean,
): string {
  const cells: (readonly Cell[])[] = [head.map((text) => ({ text })), ...rows];
  const widths = head.map((_, i) => Math.max(...cells.map((row) => row[i]?.text.length ?? 0)));
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  const lines = cells.map((row) =>
    row
      .map(({ text, mark }, i) => {
        const width = widths[i] ?? 0;
        const padded = i === 0 ? text.padEnd(width) : text.padStart(width);
        return color && mark ? styleText(STYLES[mark], padded) : padded;
      })
      .join('  ')
      .trimEnd(),
  );
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}
