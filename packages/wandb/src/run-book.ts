import { noLines, type LineCounts } from './acked.ts';
import {
  metricDefinitions,
  type MetricDefinitions,
  type SavedDefinitions,
} from './metric-definitions.ts';
import type { LogRecord, MetricRecord } from './record.ts';
import type { LineKind } from './run-fold.ts';
import { runSummary, type RunSummary, type SavedMetric } from './summary.ts';

/** What a run's records so far come to, as far as later ones depend on it. */
export interface RunBook {
  readonly summary: RunSummary;
  readonly definitions: MetricDefinitions;
  /** Values of the configuration by key, so that none is written twice. */
  readonly config: Map<string, string>;
  /** The `_step` of the next row. */
  step: number;
  rows: number;
  /** Lines of this log, as the upload counts them, and those that the service held before it, where that is known. */
  readonly lines: Record<LineKind, number>;
  base: LineCounts | undefined;
  /** The folder of those lines, where another log of the run was before. */
  earlier: string | undefined;
  /** Seconds that earlier processes took. */
  runtime: number;
}

/** An empty book; `onDefined` is told of a metric once it is known by name. */
export function runBook(onDefined: (metric: MetricRecord) => void): RunBook {
  return {
    summary: runSummary(),
    definitions: metricDefinitions(onDefined),
    config: new Map(),
    step: 0,
    rows: 0,
    lines: { ...noLines },
    base: noLines,
    earlier: undefined,
    runtime: 0,
  };
}

/** What of a book a log elsewhere needs. Plain values. */
export interface SavedBook {
  /** Seconds that the run took. */
  readonly runtime: number;
  readonly definitions: SavedDefinitions;
  readonly summary: readonly SavedMetric[];
}

export function savedBook(book: RunBook, runtime: number): SavedBook {
  return { runtime, definitions: book.definitions.saved(), summary: book.summary.saved() };
}

/** Goes on from where a run was, in a log that has nothing of it. */
export function loadBook(book: RunBook, step: number, saved: SavedBook | undefined): void {
  book.step = step;
  if (!saved) return;
  book.runtime = saved.runtime;
  book.definitions.load(saved.definitions);
  for (const metric of saved.definitions.metrics) book.summary.define(metric);
  book.summary.load(saved.summary);
}

/** Takes over what an earlier process of the run has written. */
export function replay(book: RunBook, record: LogRecord): void {
  if ('history' in record) {
    const { step, items } = record.history;
    book.step = step + 1;
    book.rows++;
    book.summary.add(items);
    const runtime = items.find(({ key }) => key === '_runtime');
    book.runtime = Number(runtime?.valueJson ?? book.runtime);
    for (const { key } of items) book.definitions.see(topOf(key));
  } else if ('metric' in record) {
    book.definitions.load({ metrics: [record.metric], globs: [] });
    book.summary.define(record.metric);
  } else if ('config' in record) {
    for (const { key, valueJson } of record.config.update) book.config.set(idOf(key), valueJson);
  } else if ('run' in record) {
    book.step = record.run.startingStep ?? 0;
    book.runtime = record.run.runtime ?? 0;
    book.base = record.run.base ?? (record.run.resumed ? undefined : noLines);
    book.earlier = record.run.earlier;
    for (const { key, valueJson } of record.run.config ?? []) book.config.set(idOf(key), valueJson);
  }
}

/** A key as one text. */
export function idOf(key: string | readonly string[]): string {
  return typeof key === 'string' ? key : key.join('\0');
}

/** The key of the row that a value is below. */
export function topOf(key: string | readonly string[]): string {
  return typeof key === 'string' ? key : (key[0] ?? '');
}
