import type { LineCounts } from './acked.ts';
import type { FinishReport } from './finish-report.ts';
import type { Host } from './platform/host.ts';
import type { LogRecord } from './record.ts';
import type { Redaction } from './redact.ts';
import type { RunBook } from './run-book.ts';
import type { Mode } from './settings.ts';

/** Where a run's records and files go. */
export interface RunStorage {
  readonly folder: string | undefined;
  /** What the folder is called. */
  readonly name: string;
  /** Bytes of the log. */
  readonly bytes: number;
  /** Adds a record, and after it one that the next takes the place of. */
  append(record: LogRecord, rest?: LogRecord): void;
  /** Puts a record at the end that the next one takes the place of. */
  keep(rest: LogRecord): void;
  /** Writes through to the disk. */
  sync(): void;
  close(): void;
  /** Resolves when all is where it belongs; the service may have it all, so that nobody else needs it. Never rejects, and may never resolve. */
  leave(isUploaded: boolean): Promise<void>;
  /** Writes a file at a path relative to the run's folder and returns the path to find it by. */
  write(path: string, bytes: Uint8Array): string;
}

/** What sends a run's records to the service. */
export interface RunUpload {
  /** Says that there are new records. */
  wake(): void;
  /** Lines that the service had before this log, once it has told. */
  base(): LineCounts | undefined;
  /** What it sends to. */
  readonly host: string;
  /** Nothing gets through at the moment, as far as is known. */
  isStuck(): boolean;
  /** Sends what there is until a signal; never rejects. */
  drain(signal: AbortSignal): Promise<Uploaded>;
}

/** What the service has of a run. */
export interface Uploaded {
  readonly uploadedRows: number;
  /** Steps of the rows that are too long for it. */
  readonly droppedSteps: readonly number[];
  /** Files, artifacts and alerts that could not be uploaded. */
  readonly failed: readonly string[];
  /** All rows, files and the exit. */
  readonly complete: boolean;
}

/** What a run is made of. */
export interface LogRunParts {
  readonly id: string;
  readonly project: string;
  readonly entity: string | undefined;
  readonly mode: Mode;
  readonly strict: boolean;
  readonly storage: RunStorage;
  /** Filled with what earlier processes wrote. */
  readonly book: RunBook;
  readonly upload: RunUpload | undefined;
  readonly host: Host;
  readonly redact: Redaction;
  /** Tells the user something, once for each text. */
  readonly say: (text: string) => void;
  /** Seconds between two measurements; undefined without. */
  readonly statsEvery: number | undefined;
  readonly stats: () => Record<string, number>;
  readonly console: boolean;
  /** Milliseconds that `finish` waits for the service. */
  readonly finishTimeout: number;
  /** Logs what is on its way, before a signal ends the process. */
  readonly flush: (() => Promise<void>) | undefined;
  /** Tells of the end and says what to do about it. */
  readonly report: (rows: number, uploaded: Uploaded | undefined) => FinishReport;
}
