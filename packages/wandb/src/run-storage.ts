import { decodeAcked, encodeAcked, memoryAckedStore, type AckedStore } from './acked.ts';
import type { LocalFiles } from './errands.ts';
import type { RunStorage } from './log-run.ts';
import { logReader, type LogReader } from './log-reader.ts';
import type { LogFiles, LogSink, LogSource } from './log-storage.ts';
import { logWriter, type LogWriterOptions } from './log-writer.ts';
import { memoryLog } from './memory-log.ts';
import { patientLog } from './patient-log.ts';
import type { Folders } from './platform/folders.ts';
import type { RunFolder } from './run-folder.ts';
import type { RecordSource } from './uploader.ts';

/** A place for a run, as the run and as the upload see it. */
export interface RunPlaces {
  readonly storage: RunStorage;
  /** Records that are not on the disk. */
  readonly waiting: () => number;
  /** The records from the first one on; asked for once. */
  readonly records: () => RecordSource;
  readonly local: LocalFiles;
  readonly acked: AckedStore;
}

type OnTrouble = Parameters<typeof patientLog>[1];

/** A run's folder; goes on in its log where it says where. Throws where it can't be written at all. */
export function folderStorage(
  logFiles: LogFiles,
  folders: Folders,
  folder: RunFolder,
  onTrouble: OnTrouble,
  goOn?: Required<LogWriterOptions>,
): RunPlaces {
  folders.make(folder.files);
  folders.make(folder.logs);
  const sink = goOn ? logFiles.append(folder.log, goOn.offset) : logFiles.create(folder.log);
  return places(sink, () => logFiles.read(folder.log), onTrouble, {
    ...(goOn && { goOn }),
    folder: folder.path,
    write(path, bytes) {
      const whole = `${folder.path}/${path}`;
      folders.write(whole, bytes);
      return folders.absolute(whole);
    },
    async leave(isUploaded) {
      if (isUploaded) await folders.discard?.(folder.path);
      await folders.settled?.();
    },
    local: localFiles(folders, folder),
    acked: ackedStore(folders, folder),
    onRead: (reader) => logFiles.forget?.(folder.log, reader.offset),
  });
}

/** Memory, where there is no folder or none that can be written; only an upload has a use for what is kept there. */
export function memoryStorage(onTrouble: OnTrouble, isUploaded: boolean): RunPlaces {
  const log = memoryLog();
  const files = new Map<string, Uint8Array>();
  const read = (path: string): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = files.get(path);
    return bytes
      ? Promise.resolve(new Uint8Array(bytes))
      : Promise.reject(new Error(`${path} is not in memory`));
  };
  return places(isUploaded ? log : nowhere, () => log, onTrouble, {
    folder: undefined,
    write(path, bytes) {
      if (isUploaded) files.set(path, bytes.slice());
      return path;
    },
    leave: () => Promise.resolve(),
    local: { file: (path) => read(`files/${path}`), artifactFile: read },
    acked: memoryAckedStore(),
    // What is read is either uploaded or on its way.
    onRead: (reader) => log.forget(reader.offset),
  });
}

/** Keeps nothing. */
const nowhere: LogSink = {
  write() {},
  replace() {},
  truncate() {},
  sync() {},
  close() {},
};

/** The files of a run's folder. */
export function localFiles(folders: Folders, { files }: RunFolder): LocalFiles {
  return {
    file: (path) => folders.read(`${files}/${path}`),
    artifactFile: (path) => folders.read(path),
  };
}

/** Where it is kept what of a run's folder is uploaded. */
export function ackedStore(folders: Folders, folder: RunFolder): AckedStore {
  const file = ackedFileOf(folder);
  return {
    load: () => folders.readText(file),
    save: (text) => folders.write(file, text),
  };
}

/** The file beside a log that says what of it is uploaded. */
function ackedFileOf(folder: RunFolder): string {
  return folder.log.replace(/\.wandb$/, '.uploaded.json');
}

/** Forgets what was uploaded of the part of a log that is cut off: what takes its place is to be uploaded as well. */
export function cutAcked(
  folders: Folders,
  folder: RunFolder,
  runId: string,
  kept: {
    readonly lines: Readonly<Record<'history' | 'events' | 'output', number>>;
    readonly errands: number;
  },
): void {
  const file = ackedFileOf(folder);
  const acked = decodeAcked(folders.readText(file), runId);
  if (!acked) return;
  const { history, events, output } = acked.lines;
  const lines = {
    history: Math.min(history, kept.lines.history),
    events: Math.min(events, kept.lines.events),
    output: Math.min(output, kept.lines.output),
  };
  folders.write(
    file,
    encodeAcked({
      ...acked,
      lines,
      errands: Math.min(acked.errands, kept.errands),
      failed: acked.failed.filter((place) => place < kept.errands),
    }),
  );
}

interface PlaceParts
  extends Pick<RunPlaces, 'local' | 'acked'>, Pick<RunStorage, 'folder' | 'write' | 'leave'> {
  readonly goOn?: Required<LogWriterOptions>;
  readonly onRead?: (reader: LogReader) => void;
}

function places(
  sink: LogSink,
  source: () => LogSource,
  onTrouble: OnTrouble,
  { folder, write, leave, local, acked, goOn = { offset: 0, lastNumber: 0 }, onRead }: PlaceParts,
): RunPlaces {
  const log = patientLog(logWriter(sink, goOn), onTrouble);
  let reader: LogReader | undefined;
  return {
    storage: {
      folder,
      name: folder?.slice(folder.lastIndexOf('/') + 1) ?? '',
      get bytes() {
        return log.bytes;
      },
      append: (record, rest) => log.append(record, rest),
      keep: (rest) => log.keep(rest),
      sync: () => log.sync(),
      close() {
        log.close();
        reader?.close();
      },
      leave,
      write,
    },
    waiting: () => log.waiting,
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
