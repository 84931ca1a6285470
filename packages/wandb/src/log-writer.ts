import { LogWriteError } from './log-errors.ts';
import { frameRecord, LOG_HEADER, maxFramedSize } from './log-framing.ts';
import type { LogSink } from './log-storage.ts';
import { encodeRecord } from './record-wire.ts';
import { rowEncoder } from './row-encoder.ts';
import type { LogRecord } from './record.ts';

/** Where a log goes on; `logEnd` finds it in one that exists. */
export interface LogWriterOptions {
  /** Bytes that are there already. @default 0 */
  readonly offset?: number;
  /** The number of the last record that is there. @default 0 */
  readonly lastNumber?: number;
}

/** Writes a run's transaction log. */
export interface LogWriter {
  /** Bytes of the log, all of them whole records. */
  readonly bytes: number;
  /**
   * Adds a record, and `rest` after it as `keep` does. When it returns the record is with the operating system, and survives whatever happens to the
   * process; the machine may lose what was not synced.
   *
   * Throws a LogWriteError if it could not be written, and then the log is as it was before.
   */
  append(record: LogRecord, rest?: LogRecord): void;
  /**
   * Puts a record at the end that is not final: the next one takes its place, and it counts neither in `bytes` nor in
   * the numbers. It survives the process as others do.
   *
   * Throws a LogWriteError if it could not be written, and then there is none.
   */
  keep(rest: LogRecord): void;
  /** Makes all records survive the death of the machine. Throws a LogWriteError if that can't be said. */
  sync(): void;
  /** Ends the writing, without a sync. More calls do nothing. */
  close(): void;
}

/** Buffers of this size are kept to be used again; larger records are rare. */
const KEPT_SIZE = 65_536;
const ROW_SIZE = 8192;

/**
 * Writes records in the format of the official client's `.wandb` files. An empty log gets the file's header at once.
 *
 * Each record is one write of the sink. Where that fails half way, the log is cut back to the record's begin, before
 * anything else is written: no later record is hidden behind half of one.
 */
export function logWriter(sink: LogSink, options: LogWriterOptions = {}): LogWriter {
  const { offset = 0, lastNumber = 0 } = options;
  const kept = new Uint8Array(KEPT_SIZE);
  const keptRow = new Uint8Array(ROW_SIZE);
  const rows = rowEncoder();
  let bytes = offset;
  let number = lastNumber;
  /** There is something beyond `bytes`: half a record, or one that is not final. */
  let hasMore = false;
  let isClosed = false;

  const checkOpen = (operation: LogWriteError['operation']): void => {
    if (isClosed) throw new LogWriteError(operation, 'the log is closed');
  };
  const attempt = (operation: LogWriteError['operation'], action: () => void): void => {
    checkOpen(operation);
    try {
      action();
    } catch (cause) {
      throw failure(operation, cause);
    }
  };

  const cut = (): void => {
    sink.truncate(bytes);
    hasMore = false;
  };

  const put = (frame: Uint8Array): void => {
    checkOpen('write');
    const isOver = hasMore;
    hasMore = true;
    try {
      if (isOver) sink.replace(bytes, frame);
      else sink.write(frame);
    } catch (cause) {
      try {
        cut();
      } catch {
        // The next record takes its place.
      }
      throw failure('write', cause);
    }
  };

  /** A record as it stands at an offset, in memory that is used again. */
  const framed = (record: LogRecord, num: number, offset: number): Uint8Array => {
    const start = 'history' in record ? rows.encode(record.history, num, keptRow) : -1;
    const payload = start < 0 ? encodeRecord(record, num) : keptRow.subarray(start);
    const size = maxFramedSize(payload.length);
    const target = size <= KEPT_SIZE ? kept : new Uint8Array(size);
    return target.subarray(0, frameRecord(payload, offset, target));
  };

  /** A record and the one at the end after it, to be written at once: there must be no moment without the latter. */
  const framedBoth = (record: LogRecord, rest: LogRecord): readonly [Uint8Array, number] => {
    const first = framed(record, number + 1, bytes).slice();
    const second = framed(rest, number + 2, bytes + first.length);
    const both = new Uint8Array(first.length + second.length);
    both.set(first);
    both.set(second, first.length);
    return [both, first.length];
  };

  if (bytes === 0) {
    put(LOG_HEADER);
    bytes = LOG_HEADER.length;
    hasMore = false;
  }

  return {
    get bytes() {
      return bytes;
    },
    append(record, rest) {
      if (rest) {
        const [both, size] = framedBoth(record, rest);
        put(both);
        bytes += size;
      } else {
        const frame = framed(record, number + 1, bytes);
        put(frame);
        bytes += frame.length;
        hasMore = false;
      }
      number++;
    },
    keep(rest) {
      put(framed(rest, number + 1, bytes));
    },
    sync() {
      attempt('sync', () => sink.sync());
    },
    close() {
      if (isClosed) return;
      try {
        attempt('close', () => sink.close());
      } finally {
        isClosed = true;
      }
    },
  };
}

/** As {@link logWriter}, and closes the sink where it can't be written. */
export function logWriterOf(sink: LogSink, options?: LogWriterOptions): LogWriter {
  try {
    return logWriter(sink, options);
  } catch (error) {
    sink.close();
    throw error;
  }
}

function failure(operation: LogWriteError['operation'], cause: unknown): LogWriteError {
  return new LogWriteError(
    operation,
    cause instanceof Error ? cause.message : String(cause),
    cause,
  );
}
