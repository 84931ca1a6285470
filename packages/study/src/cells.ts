import type { Comparison, Difference } from './compare.ts';
import { armTitle } from './grid.ts';
import { bestOf, type SummaryRow } from './summary.ts';
import { differenceText, isClear, lossText, secondsText, shareText, spreadText } from './text.ts';

/** A cell of a table, on a terminal or on a page. */
export interface Cell {
  readonly text: string;
  /** `'best'` of its column, or `'clear'` of chance. */
  readonly mark?: 'best' | 'clear';
}

/** A line for each optimizer: its title, training loss, validation loss, accuracy, and the time of a run. */
export function summaryCells(rows: readonly SummaryRow[]): Cell[][] {
  const column = (
    key: 'trainLoss' | 'validLoss' | 'accuracy',
    text: (value: number) => string,
  ): ((row: SummaryRow) => Cell) => {
    const best = bestOf(rows, key);
    return (row) => ({
      text: spreadText(row[key], text),
      ...(best.includes(row) && { mark: 'best' }),
    });
  };
  const columns: readonly ((row: SummaryRow) => Cell)[] = [
    (row) => ({ text: armTitle(row) + (row.status === 'stopped' ? ' (stopped early)' : '') }),
    column('trainLoss', lossText),
    column('validLoss', lossText),
    column('accuracy', shareText),
    (row) => ({ text: secondsText(row.seconds.mean) }),
  ];
  return rows.map((row) => columns.map((cell) => cell(row)));
}

/** A line of a pair: its title, and the differences of validation loss and accuracy. */
export function comparisonCells({ arm, base, validLoss, accuracy }: Comparison): Cell[] {
  const cell = (value: Difference, text: (value: number) => string): Cell => ({
    text: differenceText(value, text),
    ...(isClear(value) && { mark: 'clear' }),
  });
  return [
    { text: `${armTitle(arm)} − ${armTitle(base)}` },
    cell(validLoss, lossText),
    cell(accuracy, shareText),
  ];
}
