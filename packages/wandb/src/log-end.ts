import { LogDamageError } from './log-errors.ts';
import { logReader } from './log-reader.ts';
import type { LogSource } from './log-storage.ts';
import type { LogRecord } from './record.ts';

/** Where a log ends, so that a writer can go on. */
export interface LogEnd {
  /** Bytes up to the end of the last whole record. What lies beyond it is half of one, to be cut off. */
  readonly offset: number;
  /** The number of the last record; 0 if there is none. */
  readonly lastNumber: number;
  /** Whether there is something to be cut off. */
  readonly isTorn: boolean;
  /** Places with records that can't be read; they stay. */
  readonly damage: readonly LogDamageError[];
}

/**
 * Reads a log to its end, giving each record to `onRecord`. Throws a LogDamageError if it is no log at all; the source
 * stays open.
 */
export function logEnd(
  source: LogSource,
  onRecord: (record: LogRecord) => void = () => {},
): LogEnd {
  const reader = logReader(source);
  const damage: LogDamageError[] = [];
  for (;;) {
    try {
      for (const record of reader) onRecord(record);
      const { offset, number: lastNumber, isTorn } = reader;
      return { offset, lastNumber, isTorn, damage };
    } catch (error) {
      if (!(error instanceof LogDamageError) || error.resumeAt === undefined) throw error;
      damage.push(error);
    }
  }
}
