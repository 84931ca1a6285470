import type { LineCounts } from './acked.ts';
import type { HistoryRecord, LogRecord } from './record.ts';

/** What the service has behind the lines before a log, where that may be a later log's of the run. */
export interface Later {
  readonly lines: LineCounts;
  /** Seconds since 1970 of its last row; NaN where that is not known. */
  readonly time: number;
}

/** Rows of a log in whose place the service has later ones. */
export interface Overtaken {
  /** Whether a record, the next of the log, is a row that is not to be uploaded behind later ones. */
  has(record: LogRecord): boolean;
  /** Whether the service is ahead of the log; known at the log's end. */
  readonly isAll: boolean;
  /** Rows that are left out. */
  readonly rows: number;
}

/**
 * Rows rise in time, so that one which the service lacks is older than its last row only if that is another log's.
 * `counted` are the log's lines so far.
 */
export function overtakenBy(later: Later | undefined, counted: LineCounts): Overtaken {
  let rows = 0;
  return {
    has(record) {
      if (!later || !('history' in record) || counted.history < later.lines.history) return false;
      const isOlder = timeOf(record.history) < later.time;
      if (isOlder) rows++;
      return isOlder;
    },
    get isAll() {
      return later !== undefined && (rows > 0 || counted.history < later.lines.history);
    },
    get rows() {
      return rows;
    },
  };
}

function timeOf({ items }: HistoryRecord): number {
  return Number(items.find(({ key }) => key === '_timestamp')?.valueJson ?? NaN);
}
