import { styleText } from 'node:util';
import { compare } from './compare.ts';
import { armTitle } from './grid.ts';
import type { Results } from './results.ts';
import { bestOf, summarize, type SummaryRow } from './summary.ts';
import { differenceText, isClear, lossText, secondsText, shareText, spreadText } from './text.ts';

/** A cell of a table. */
interface Cell {
  readonly text: string;
  readonly style?: Parameters<typeof styleText>[0] | undefined;
}

const BEST: Cell['style'] = ['bold', 'green'];

/** The optimizers with their figures; the best of a column is highlighted where colors are wanted. */
export function summaryTable(results: Results, { color = false } = {}): string {
  const rows = summarize(results);
  const best = {
    trainLoss: bestOf(rows, 'trainLoss'),
    validLoss: bestOf(rows, 'validLoss'),
    accuracy: bestOf(rows, 'accuracy'),
  };
  const cell = (row: SummaryRow, key: keyof typeof best, text: (value: number) => string) => ({
    text: spreadText(row[key], text),
    style: best[key].includes(row) ? BEST : undefined,
  });
  return table(
    ['optimizer', 'train loss', 'validation loss', 'accuracy', 'time'],
    rows.map((row) => [
      { text: armTitle(row) + (row.status === 'stopped' ? ' (stopped early)' : '') },
      cell(row, 'trainLoss', lossText),
      cell(row, 'validLoss', lossText),
      cell(row, 'accuracy', shareText),
      { text: secondsText(row.seconds.mean) },
    ]),
    color,
  );
}

/** The paired differences, or nothing where no two arms are a pair. */
export function comparisonTable(results: Results, { color = false } = {}): string {
  const comparisons = compare(results);
  if (comparisons.length === 0) return '';
  const hasInterval = comparisons.some(({ seeds }) => seeds.length > 1);
  const [validLoss, accuracy] = ['validation loss', 'accuracy'];
  return table(
    ['difference', validLoss, accuracy].map((name, i) =>
      hasInterval && i > 0 ? `${name}  [95 %]` : name,
    ),
    comparisons.map((comparison) => [
      { text: `${armTitle(comparison.arm)} − ${armTitle(comparison.base)}` },
      {
        text: differenceText(comparison.validLoss, lossText),
        style: isClear(comparison.validLoss) ? 'bold' : undefined,
      },
      {
        text: differenceText(comparison.accuracy, shareText),
        style: isClear(comparison.accuracy) ? 'bold' : undefined,
      },
    ]),
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
      .map(({ text, style }, i) => {
        const width = widths[i] ?? 0;
        const padded = i === 0 ? text.padEnd(width) : text.padStart(width);
        return color && style ? styleText(style, padded) : padded;
      })
      .join('  ')
      .trimEnd(),
  );
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}
