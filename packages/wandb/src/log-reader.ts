import { LogDamageError } from './log-errors.ts';
import {
  BLOCK_SIZE,
  type Chunk,
  CHUNK_HEADER_SIZE,
  chunkAt,
  ChunkType,
  LOG_HEADER,
  paddingAt,
} from './log-framing.ts';
import type { LogSource } from './log-storage.ts';
import { decodeRecord } from './record-wire.ts';
import type { LogRecord } from './record.ts';

/** Where a reader begins. */
export interface LogReaderOptions {
  /** In bytes: 0, or what an earlier reader's `offset` was. @default 0 */
  readonly offset?: number;
}

/** Reads a run's transaction log, also while it grows. Iterating over it gives the records that are there. */
export interface LogReader extends Iterable<LogRecord> {
  /** Where the next record begins, in bytes: a reader that is given it goes on from there. */
  readonly offset: number;
  /** The number of the last record read; 0 before the first one. */
  readonly number: number;
  /**
   * Whether the log, when `next` last found no more, ended with something that isn't a whole record: it is being
   * written, or its writer died.
   */
  readonly isTorn: boolean;
  /**
   * The next record of a known kind; `undefined` if there is none yet, and it can be asked again when the log has
   * grown.
   *
   * Throws a LogDamageError where a record can't be read though others follow; after that the next call gives the
   * first one of these. Where nothing can be read that follows, the log is torn.
   */
  next(): LogRecord | undefined;
  /** Closes the source. */
  close(): void;
}

/** Reads the official client's `.wandb` files, a block at a time. */
export function logReader(source: LogSource, options: LogReaderOptions = {}): LogReader {
  const block = new Uint8Array(BLOCK_SIZE);
  let blockStart = 0;
  let blockLength = 0;
  let { offset = 0 } = options;
  let number = 0;
  let isTorn = false;

  /** The chunk at an offset; what is known of its block is read again if it isn't enough. */
  const chunk = (at: number): Chunk | 'cut' | 'damaged' => {
    const inBlock = at % BLOCK_SIZE;
    if (blockStart === at - inBlock) {
      const known = chunkAt(block, inBlock, blockLength);
      if (known !== 'cut') return known;
    }
    blockStart = at - inBlock;
    blockLength = source.read(blockStart, block);
    return chunkAt(block, inBlock, blockLength);
  };

  const forget = (): void => {
    blockLength = 0;
  };

  /** Where the first chunk at or after an offset is with which a record begins. */
  const findRecord = (from: number): number | undefined => {
    for (let at = from; ;) {
      at += paddingAt(at);
      const found = chunk(at);
      if (typeof found === 'object') {
        if (found.type === ChunkType.full || found.type === ChunkType.first) return at;
        at = blockStart + found.end;
      } else if (at + CHUNK_HEADER_SIZE > blockStart + blockLength) return undefined;
      else at++;
    }
  };

  /** No record can be read at the offset: throws if there are others later on. */
  const tear = (searchFrom: number): void => {
    const found = findRecord(searchFrom);
    // What is no record yet may be another one when it is looked at again.
    forget();
    if (found === undefined) {
      isTorn = true;
      return;
    }
    const damaged = offset;
    offset = found;
    throw new LogDamageError(damaged, found, 'a record is damaged');
  };

  /** Passes over the file's header; false if it isn't there yet. */
  const passHeader = (): boolean => {
    const header = new Uint8Array(LOG_HEADER.length);
    const length = source.read(0, header);
    if (header.subarray(0, length).some((byte, index) => byte !== LOG_HEADER[index]))
      throw new LogDamageError(
        0,
        undefined,
        'this is not the header of a .wandb file of version 0,',
      );
    isTorn = length > 0 && length < LOG_HEADER.length;
    if (length < LOG_HEADER.length) return false;
    offset = LOG_HEADER.length;
    return true;
  };

  /** The bytes of the record at the offset, which is moved beyond it. */
  const payload = (): Uint8Array | undefined => {
    const parts: Uint8Array[] = [];
    let at = offset;
    let isFresh = false;
    for (;;) {
      at += paddingAt(at);
      const next = chunk(at);
      if (typeof next === 'string') {
        const hasMore = parts.length > 0 || at < blockStart + blockLength;
        if (hasMore) tear(at + 1);
        else forget();
        return undefined;
      }
      const begins = next.type === ChunkType.full || next.type === ChunkType.first;
      const end = blockStart + next.end;
      if (begins !== (parts.length === 0)) {
        tear(begins ? at : end);
        return undefined;
      }
      if (next.type === ChunkType.first && !isFresh) {
        // A writer that failed here may have cut the record off and written another one since the block was read.
        forget();
        isFresh = true;
        continue;
      }
      parts.push(block.slice(next.start, next.end));
      at = end;
      if (next.type === ChunkType.full || next.type === ChunkType.last) {
        offset = at;
        return join(parts);
      }
    }
  };

  const decode = (start: number, bytes: Uint8Array): LogRecord | undefined => {
    try {
      const { num, record } = decodeRecord(bytes);
      number = num;
      return record;
    } catch (cause) {
      throw new LogDamageError(start, offset, 'a record is not of the protocol', cause);
    }
  };

  const next = (): LogRecord | undefined => {
    isTorn = false;
    if (offset === 0 && !passHeader()) return undefined;
    for (;;) {
      const start = offset;
      const bytes = payload();
      if (bytes === undefined) return undefined;
      const record = decode(start, bytes);
      if (record !== undefined) return record;
    }
  };

  return {
    get offset() {
      return offset;
    },
    get number() {
      return number;
    },
    get isTorn() {
      return isTorn;
    },
    next,
    close: () => source.close(),
    *[Symbol.iterator]() {
      for (let record = next(); record !== undefined; record = next()) yield record;
    },
  };
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const [only, ...more] = parts;
  if (only !== undefined && more.length === 0) return only;
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
