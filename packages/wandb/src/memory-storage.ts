import { memoryAckedStore } from './acked.ts';
import type { LocalFiles } from './errands.ts';
import type { LeftPart } from './finish-report.ts';
import type { LogSink, LogSource } from './log-storage.ts';
import type { LogWriterOptions } from './log-writer.ts';
import { memoryLog } from './memory-log.ts';
import { runPlaces, type OnTrouble, type RunPlaces } from './run-places.ts';
import { counted } from './unkept.ts';

/** The part of a run that lies in a folder where nothing more can be written. */
export interface EarlierPart {
  readonly left: LeftPart;
  readonly source: LogSource;
  readonly local: LocalFiles;
  /** What is uploaded of it. */
  readonly acked: string | undefined;
  readonly end: Required<LogWriterOptions>;
}

/** Memory, where there is no folder or none that can be written; only an upload has a use for what is kept there. */
export function memoryStorage(
  onTrouble: OnTrouble,
  isUploaded: boolean,
  earlier?: EarlierPart,
): RunPlaces {
  const log = memoryLog(earlier?.end.offset);
  const files = new Map<string, Uint8Array>();
  /** How often each of them was written and is not uploaded. */
  const uses = new Map<string, number>();
  const done = (path: string): void => {
    const left = (uses.get(path) ?? 0) - 1;
    uses.set(path, left);
    if (left > 0) return;
    uses.delete(path);
    files.delete(path);
  };
  const read = (path: string): Promise<Uint8Array<ArrayBuffer>> | undefined => {
    const bytes = files.get(path);
    return bytes && Promise.resolve(new Uint8Array(bytes));
  };
  const missing = (path: string): Promise<never> =>
    Promise.reject(new Error(`${path} is not in memory`));
  const memory = runPlaces(
    isUploaded ? log : nowhere,
    () => (earlier ? joined(earlier.source, log, earlier.end.offset) : log),
    onTrouble,
    {
      ...(earlier && { goOn: earlier.end }),
      folder: undefined,
      write(path, bytes) {
        if (isUploaded) {
          files.set(path, bytes.slice());
          uses.set(path, (uses.get(path) ?? 0) + 1);
        }
        return path;
      },
      leave: () => Promise.resolve(),
      local: {
        file: (path) => read(`files/${path}`) ?? earlier?.local.file(path) ?? missing(path),
        artifactFile: (path) => read(path) ?? earlier?.local.artifactFile(path) ?? missing(path),
        fileDone: (path) => done(`files/${path}`),
        artifactFileDone: done,
      },
      acked: memoryAckedStore(earlier?.acked),
      later: counted(),
      // What is read is either uploaded or on its way.
      onRead: (reader) => log.forget(reader.offset),
    },
  );
  return { ...memory, ...(earlier && { left: earlier.left }) };
}

/** Two parts of a log as one. */
function joined(first: LogSource, second: LogSource, start: number): LogSource {
  return {
    read(offset, target) {
      const size = Math.max(0, Math.min(target.length, start - offset));
      const done = size > 0 ? first.read(offset, target.subarray(0, size)) : 0;
      return done < size ? done : done + second.read(offset + done, target.subarray(done));
    },
    close() {
      first.close();
      second.close();
    },
  };
}

/** Keeps nothing. */
const nowhere: LogSink = {
  write() {},
  replace() {},
  truncate() {},
  sync() {},
  close() {},
};
