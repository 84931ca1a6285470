import { BLOCK_SIZE } from './log-framing.ts';
import type { LogSink, LogSource } from './log-storage.ts';

/** A log in memory: written and read at once, gone with the process. */
export interface MemoryLog extends LogSink, LogSource {
  /** Frees what lies before an offset in bytes, in whole blocks; reading there throws. */
  forget(offset: number): void;
}

/** A log for hosts without files, and for tests; what lies before `start` bytes is elsewhere. */
export function memoryLog(start = 0): MemoryLog {
  const blockOf = (offset: number): number => Math.floor(offset / BLOCK_SIZE);

  const blocks = new Map<number, Uint8Array>();
  let length = start;
  let kept = blockOf(start);

  const log: MemoryLog = {
    write(bytes) {
      for (let from = 0; from < bytes.length;) {
        const index = blockOf(length);
        const block = blocks.get(index) ?? new Uint8Array(BLOCK_SIZE);
        blocks.set(index, block);
        const part = bytes.subarray(from, from + BLOCK_SIZE - (length % BLOCK_SIZE));
        block.set(part, length % BLOCK_SIZE);
        from += part.length;
        length += part.length;
      }
    },
    replace(offset, bytes) {
      length = Math.min(length, offset);
      log.write(bytes);
    },
    truncate(to) {
      length = Math.min(length, to);
    },
    read(offset, target) {
      const wanted = Math.max(0, Math.min(target.length, length - offset));
      if (wanted > 0 && blockOf(offset) < kept)
        throw new RangeError(`log: byte ${offset} is no longer in memory`);
      for (let done = 0; done < wanted;) {
        const at = offset + done;
        const part = blocks
          .get(blockOf(at))
          ?.subarray(at % BLOCK_SIZE, (at % BLOCK_SIZE) + wanted - done);
        if (part === undefined) break;
        target.set(part, done);
        done += part.length;
      }
      return wanted;
    },
    forget(offset) {
      for (; kept < blockOf(Math.min(offset, length)); kept++) blocks.delete(kept);
    },
    sync() {},
    close() {},
  };
  return log;
}
