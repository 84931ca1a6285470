import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { LogFiles, LogSink } from '../log-storage.ts';
import { holderOf, lockFile, whoHolds } from './file-lock.ts';
import { makeFolder } from './make-folder.ts';

const { O_CREAT, O_EXCL, O_WRONLY } = constants;

/** Logs as files of Node. */
export const logFiles: LogFiles = {
  create(path) {
    makeFolder(dirname(path));
    const file = openSync(path, O_WRONLY | O_CREAT | O_EXCL, 0o666);
    try {
      return locked(path, () => {
        syncFolder(dirname(path));
        return sinkOf(file, 0);
      });
    } catch (error) {
      closeSync(file);
      rmSync(path, { force: true });
      throw error;
    }
  },
  append(path, offset) {
    return locked(path, () => {
      const file = openSync(path, O_WRONLY);
      try {
        const { size } = fstatSync(file);
        if (size < offset)
          throw new RangeError(`log: ${path} has ${size} bytes, so nothing can go on at ${offset}`);
        if (size > offset) ftruncateSync(file, offset);
      } catch (error) {
        closeSync(file);
        throw error;
      }
      return sinkOf(file, offset);
    });
  },
  writerOf: holderOf,
  whoWrites: whoHolds,
  read(path) {
    const file = openSync(path, 'r');
    return {
      read(offset, target) {
        let done = 0;
        for (let count = -1; count !== 0 && done < target.length; done += count)
          count = readSync(file, target, done, target.length - done, offset + done);
        return done;
      },
      close: () => closeSync(file),
    };
  },
};

/** A sink that nobody else has, and that writes nothing once somebody has. */
function locked(path: string, open: () => LogSink): LogSink {
  const lock = lockFile(path);
  try {
    const sink = open();
    return {
      write(bytes) {
        lock.check();
        sink.write(bytes);
      },
      replace(offset, bytes) {
        lock.check();
        sink.replace(offset, bytes);
      },
      truncate(length) {
        lock.check();
        sink.truncate(length);
      },
      sync: () => sink.sync(),
      close() {
        sink.close();
        lock.unlock();
      },
    };
  } catch (error) {
    lock.unlock();
    throw error;
  }
}

/** A file of which the first `length` bytes are the log's. */
function sinkOf(file: number, length: number): LogSink {
  let end = length;
  const writeAt = (offset: number, bytes: Uint8Array): void => {
    // A disk that fills up takes a part first.
    for (let done = 0; done < bytes.length;) {
      done += writeSync(file, bytes, done, bytes.length - done, offset + done);
      end = Math.max(end, offset + done);
    }
  };
  const truncate = (to: number): void => {
    ftruncateSync(file, to);
    end = to;
  };
  return {
    write: (bytes) => writeAt(end, bytes),
    replace(offset, bytes) {
      writeAt(offset, bytes);
      if (offset + bytes.length < end) truncate(offset + bytes.length);
    },
    truncate,
    sync: () => fsyncSync(file),
    close: () => closeSync(file),
  };
}

/** A new file's name survives the machine only with its folder; not every system can sync one. */
function syncFolder(path: string): void {
  try {
    const folder = openSync(path, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch {
    // The file is there all the same.
  }
}
