import { LogWriteError } from './log-errors.ts';
import type { LogWriter } from './log-writer.ts';
import type { LogRecord } from './record.ts';
import type { Unkept } from './unkept.ts';

/** Records that are kept in memory at most while they can't be written. */
const MOST_KEPT = 100_000;

/** Milliseconds between two attempts to write what could not be written. */
const RETRY = 1000;

/** A log whose records wait in memory while they can't be written. */
export interface PatientLog {
  /** Bytes that are written. */
  readonly bytes: number;
  /** Records that are not: they wait, or were dropped. */
  unkept(): ReturnType<Unkept['count']>;
  /** Adds a record, and after it one that the next takes the place of. Never throws. */
  append(record: LogRecord, rest?: LogRecord): void;
  /** Puts a record at the end that the next one takes the place of; it does not wait. Never throws. */
  keep(rest: LogRecord): void;
  /** Tries to write what waits, and writes through to the disk. Never throws. */
  sync(): void;
  close(): void;
  /** The next record of a reader of this log, and after the last of them those that wait. */
  next(reader: { next(): LogRecord | undefined }): LogRecord | undefined;
}

/**
 * Keeps what a full disk does not take until it does, so that the upload gets it in any case. `onTrouble` is told once
 * that writing fails, with the reason, and once when records are dropped because there are too many.
 */
export function patientLog(
  writer: LogWriter,
  onTrouble: (trouble: 'write' | 'dropped', reason: string) => void,
): PatientLog {
  const waiting: LogRecord[] = [];
  /** How many of those waiting a reader has been given, and how many of these it will find in the log as well. */
  let given = 0;
  let twice = 0;
  let tried = -Infinity;
  let failed = false;
  const dropped = { records: 0, rows: 0 };

  const tell = (error: unknown): void => {
    if (!(error instanceof LogWriteError)) throw error;
    if (!failed) onTrouble('write', error.code ?? error.message);
    failed = true;
  };
  const attempt = (write: () => void): boolean => {
    try {
      write();
      return true;
    } catch (error) {
      tell(error);
      return false;
    }
  };
  const writeWaiting = (): void => {
    tried = performance.now();
    let written = 0;
    for (const record of waiting) {
      if (!attempt(() => writer.append(record))) break;
      written++;
    }
    waiting.splice(0, written);
    const known = Math.min(given, written);
    given -= known;
    twice += known;
  };

  return {
    get bytes() {
      return writer.bytes;
    },
    unkept: () => ({
      records: waiting.length + dropped.records,
      rows: waiting.filter((record) => 'history' in record).length + dropped.rows,
    }),
    append(record, rest) {
      if (waiting.length === 0) {
        // The way of every batch, without a function of its own.
        try {
          writer.append(record, rest);
          return;
        } catch (error) {
          tell(error);
        }
      }
      if (waiting.length < MOST_KEPT) waiting.push(record);
      else {
        if (dropped.records === 0) onTrouble('dropped', `${MOST_KEPT} records wait already`);
        dropped.records++;
        dropped.rows += Number('history' in record);
      }
      if (performance.now() - tried > RETRY) writeWaiting();
    },
    keep(rest) {
      if (waiting.length === 0) attempt(() => writer.keep(rest));
    },
    sync() {
      writeWaiting();
      attempt(() => writer.sync());
    },
    close() {
      attempt(() => writer.close());
    },
    next(reader) {
      for (let record = reader.next(); record; record = reader.next()) {
        if (twice === 0) return record;
        twice--;
      }
      const record = waiting[given];
      if (record) given++;
      return record;
    },
  };
}
