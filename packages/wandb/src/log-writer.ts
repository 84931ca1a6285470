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
   * Adds a record. When it returns the record is with the operating system, and survives whatever happens to the
   * process; the machine may lose what was not synced.
   *
   * Throws a LogWriteError if it could not be written, and then the log is as it was before.
   */
  append(record: LogRecord): void;
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
  let hasRest = false;
  let isClosed = false;

  const attempt = (operation: LogWriteError['operation'], action: () => void): void => {
    if (isClosed) throw new LogWriteError(operation, 'the log is closed');
    try {
      action();
    } catch (cause) {
      throw new LogWriteError(
        operation,
        cause instanceof Error ? cause.message : String(cause),
        cause,
      );
    }
  };

  const cutRest = (): void => {
    if (!hasRest) return;
    sink.truncate(bytes);
    hasRest = false;
  };

  const write = (frame: Uint8Array): void => {
    attempt('write', () => {
      cutRest();
      hasRest = true;
      try {
        sink.write(frame);
      } catch (error) {
        try {
          cutRest();
        } catch {
          // It is tried again before the next write.
        }
        throw error;
      }
      hasRest = false;
    });
    bytes += frame.length;
  };

  if (bytes === 0) write(LOG_HEADER);

  return {
    get bytes() {
      return bytes;
    },
    append(record) {
      const start = 'history' in record ? rows.encode(record.history, number + 1, keptRow) : -1;
      const payload = start < 0 ? encodeRecord(record, number + 1) : keptRow.subarray(start);
      const size = maxFramedSize(payload.length);
      const target = size <= KEPT_SIZE ? kept : new Uint8Array(size);
      write(target.subarray(0, frameRecord(payload, bytes, target)));
      number++;
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
