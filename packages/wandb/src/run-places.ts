import type { AckedStore } from './acked.ts';
import type { LocalFiles } from './errands.ts';
import type { LeftPart } from './finish-report.ts';
import type { RunStorage } from './log-run-parts.ts';
import { logReader, type LogReader } from './log-reader.ts';
import type { LogSink, LogSource } from './log-storage.ts';
import { logWriterOf, type LogWriterOptions } from './log-writer.ts';
import { patientLog } from './patient-log.ts';
import type { Unkept } from './unkept.ts';
import type { RecordSource } from './uploader.ts';

/** A place for a run, as the run and as the upload see it. */
export interface RunPlaces {
  readonly storage: RunStorage;
  /** A folder with an earlier part of the run, where the rest is in memory. */
  readonly left?: LeftPart;
  /** Records that are not on the disk, and how many of them are rows. */
  readonly unkept: Unkept['count'];
  /** The records from the first one on; asked for once. */
  readonly records: () => RecordSource;
  readonly local: LocalFiles;
  readonly acked: AckedStore;
}

/** Told that a log can't be written, and that records are dropped. */
export type OnTrouble = Parameters<typeof patientLog>[1];

/** What kinds of place do differently. */
export interface PlaceParts
  extends Pick<RunPlaces, 'local' | 'acked'>, Pick<RunStorage, 'folder' | 'write' | 'leave'> {
  readonly goOn?: Required<LogWriterOptions>;
  /** Follows what is written and may not survive; missing where all that is written does. */
  readonly later?: Unkept;
  readonly onRead?: (reader: LogReader) => void;
}

/** A place of which the log goes to a sink and is read from a source. */
export function runPlaces(
  sink: LogSink,
  source: () => LogSource,
  onTrouble: OnTrouble,
  { folder, write, leave, local, acked, goOn, later, onRead }: PlaceParts,
): RunPlaces {
  const log = patientLog(logWriterOf(sink, goOn), onTrouble);
  let reader: LogReader | undefined;
  return {
    storage: {
      folder,
      name: folder?.slice(folder.lastIndexOf('/') + 1) ?? '',
      get bytes() {
        return log.bytes;
      },
      append(record, rest) {
        log.append(record, rest);
        later?.add(log.bytes, 'history' in record);
      },
      keep: (rest) => log.keep(rest),
      sync: () => log.sync(),
      close() {
        log.close();
        reader?.close();
      },
      leave,
      write,
    },
    unkept() {
      const [here, there] = [log.unkept(), later?.count()];
      return {
        records: here.records + (there?.records ?? 0),
        rows: here.rows + (there?.rows ?? 0),
      };
    },
    records() {
      const opened = logReader(finalPart(source(), () => log.bytes));
      reader = opened;
      return {
        next() {
          const record = log.next(opened);
          onRead?.(opened);
          return record;
        },
      };
    },
    local,
    acked,
  };
}

/** A log without the record at its end that another one may take the place of; `bytes` is where it begins. */
export function finalPart(source: LogSource, bytes: () => number): LogSource {
  return {
    read: (offset, target) =>
      source.read(offset, target.subarray(0, Math.max(0, bytes() - offset))),
    close: () => source.close(),
  };
}
