import { aligned } from './aligned.ts';
import type { Ledger } from './ledger/ledger.ts';

/** One epoch's figures. */
export interface HistoryRow {
  /** From 0. */
  readonly epoch: number;
  /** Mean training loss over the epoch's examples, as it was when each batch was trained; NaN without a batch. */
  readonly trainLoss: number;
  /** Exponential mean of the batch losses, decay 0.98 and debiased, at the end of the epoch. */
  readonly smoothLoss: number;
  /** Mean validation loss; undefined where nothing was validated. */
  readonly validLoss: number | undefined;
  /** Validation metrics by name; none where nothing was validated. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Training metrics by name, where the learner was asked for them. */
  readonly trainMetrics: Readonly<Record<string, number>>;
  /** The optimizer's hyper-parameters (group 0) at the end of the epoch. */
  readonly hyperparameters: Readonly<Record<string, number>>;
  /** Wall time of the epoch in seconds. */
  readonly seconds: number;
  /** Batches that `onNonFinite: 'skip'` left out; missing where there were none. */
  readonly skipped?: number;
}

/** The rows of a fit. */
export class History {
  readonly rows: HistoryRow[];
  /** Why the fit was asked to end before its last epoch; undefined where nobody asked. */
  ended: string | undefined;
  /** What every callback did, where the fit was asked for it; there once the fit has ended, thrown or not. */
  ledger: Ledger | undefined;

  constructor(rows: HistoryRow[] = []) {
    this.rows = rows;
  }

  /** The newest row. */
  get last(): HistoryRow | undefined {
    return this.rows.at(-1);
  }

  /** Comma-separated values with a header line; an unknown value is an empty field. */
  toCSV(): string {
    const records = this.rows.map(flatten);
    const columns = [...new Set(records.flatMap((record) => Object.keys(record)))];
    const lines = records.map((record) => columns.map((column) => record[column] ?? '').join(','));
    return [columns.map(quote).join(','), ...lines].join('\n') + '\n';
  }

  /** A table to read: four significant digits, columns aligned; hyper-parameters left out. */
  table(): string {
    const records = this.rows.map((row) => flatten({ ...row, hyperparameters: {} }));
    const columns = [...new Set(records.flatMap((record) => Object.keys(record)))];
    return aligned([
      columns,
      ...records.map((record) => columns.map((column) => cell(column, record[column]))),
    ]);
  }
}

/** A figure of a row by the name that `loop.figures` has for it; NaN where the row has none. */
export function figureOf(
  { trainLoss, smoothLoss, validLoss, metrics }: HistoryRow,
  name: string,
): number {
  const losses: Record<string, number | undefined> = { trainLoss, smoothLoss, validLoss };
  return (Object.hasOwn(losses, name) ? losses[name] : metrics[name]) ?? NaN;
}

function flatten(row: HistoryRow): Record<string, number | undefined> {
  const { metrics, trainMetrics, hyperparameters, ...figures } = row;
  return {
    epoch: figures.epoch,
    trainLoss: figures.trainLoss,
    smoothLoss: figures.smoothLoss,
    ...(figures.validLoss !== undefined && { validLoss: figures.validLoss }),
    ...metrics,
    ...Object.fromEntries(
      Object.entries(trainMetrics).map(([name, value]) => [`train ${name}`, value]),
    ),
    ...hyperparameters,
    ...(figures.skipped !== undefined && { skipped: figures.skipped }),
    seconds: figures.seconds,
  };
}

function cell(column: string, value: number | undefined): string {
  if (value === undefined) return '';
  if (column === 'epoch' || column === 'skipped') return String(value);
  if (column === 'seconds') return value.toFixed(1);
  return Number.isFinite(value) ? value.toPrecision(4) : String(value);
}

function quote(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
