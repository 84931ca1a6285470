import { LogDamageError } from './log-errors.ts';
import { logReader, type LogReader } from './log-reader.ts';
import type { LogSource } from './log-storage.ts';
import type { LogRecord, MetricRecord } from './record.ts';
import { replay, type RunBook } from './run-book.ts';
import { runFold, type LineKind } from './run-fold.ts';
import { isTooLong } from './too-long.ts';

/** Where an earlier process's log is gone on with, and what of it stays. */
export interface EarlierRun {
  readonly offset: number;
  readonly lastNumber: number;
  /** Lines and errands of what stays, as the upload counts them. */
  readonly lines: Readonly<Record<LineKind, number>>;
  readonly errands: number;
  /** Those that are defined in it. */
  readonly metrics: readonly MetricRecord[];
  /** The exit code, where it has ended. */
  readonly exitCode: number | undefined;
  /** Of its run record. */
  readonly project: string | undefined;
}

/**
 * Reads an earlier process's log into a book: up to an offset that a checkpoint has kept, or all of it but for a torn
 * end and the exit record, because the run goes on. Closes the source.
 */
export function readEarlierRun(source: LogSource, book: RunBook, until = Infinity): EarlierRun {
  const reader = logReader(source);
  const fold = runFold();
  const lines: Record<LineKind, number> = { history: 0, events: 0, output: 0 };
  let errands = 0;
  const metrics: MetricRecord[] = [];
  let end = { offset: reader.offset, lastNumber: 0 };
  const take = (record: LogRecord): void => {
    replay(book, record);
    for (const { kind, text } of fold.add(record)) if (!isTooLong(text)) lines[kind]++;
    if ('metric' in record) metrics.push(record.metric);
    if ('alert' in record || 'artifact' in record) errands++;
    if ('files' in record) errands += record.files.filter(({ policy }) => policy === 'now').length;
  };
  try {
    while (reader.offset < until) {
      const record = nextReadable(reader);
      if (!record || reader.offset > until) break;
      if ('exit' in record) fold.add(record);
      else {
        take(record);
        end = { offset: reader.offset, lastNumber: reader.number };
      }
    }
  } finally {
    reader.close();
  }
  const { exit, run } = fold;
  Object.assign(book.lines, lines);
  return { ...end, lines, errands, metrics, exitCode: exit?.exitCode, project: run?.project };
}

/** The next record; what is damaged in the middle is passed over, as it is in an upload. */
export function nextReadable(reader: LogReader): LogRecord | undefined {
  for (;;) {
    try {
      return reader.next();
    } catch (error) {
      if (!(error instanceof LogDamageError) || error.resumeAt === undefined) throw error;
    }
  }
}
