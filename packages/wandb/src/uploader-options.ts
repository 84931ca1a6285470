import type { AckedStore, LineCounts } from './acked.ts';
import type { BackoffOptions } from './backoff.ts';
import type { LocalFiles } from './errands.ts';
import type { FileStreamOptions } from './file-stream.ts';
import type { HttpClientOptions } from './http-client.ts';
import type { LogRecord } from './record.ts';
import type { RunPlace } from './run-api.ts';

/** Where the records of a run come from, in order. */
export interface RecordSource {
  /** The next record; `undefined` if there is none yet. */
  next(): LogRecord | undefined | Promise<LogRecord | undefined>;
}

/** Options of {@link uploader}. */
export interface UploaderOptions extends Pick<
  HttpClientOptions,
  'baseUrl' | 'allowInsecure' | 'apiKey' | 'fetch' | 'timeout' | 'onTrouble'
> {
  readonly reader: RecordSource;
  readonly acked: AckedStore;
  readonly local: LocalFiles;
  /**
   * Whether the run may, must or must not be at the service before this log.
   *
   * @default 'allow' if the run record says resumed, else it isn't asked
   */
  readonly resume?: 'allow' | 'must' | 'never';
  /**
   * Put the log right behind what the service has, where that is less than the log's record says lies before it. Without
   * it the upload stops then, because the lines between are an earlier log's.
   *
   * @default false
   */
  readonly earlierIsLost?: boolean;
  /**
   * Write over no line that the service has and this log is not known to have sent: a later log of the run goes on from
   * the middle of this one.
   *
   * @default false: those are of a part of the log that was cut off
   */
  readonly spareLater?: boolean;
  /** Told what the user should know, each thing once. */
  readonly warn: (message: string) => void;
  /** Told when someone pressed the Stop button of the run's page. */
  readonly onStopped?: () => void;
  /** Told where the run lies, when the service knows it. */
  readonly onConnected?: (place: RunPlace) => void;
  readonly timing?: UploaderTiming;
  readonly limits?: Pick<FileStreamOptions, 'requestBytes' | 'lineBytes'>;
}

/** Milliseconds. */
export interface UploaderTiming {
  /** Between requests at first. @default 2000 */
  readonly interval?: number;
  /** What the interval grows to. @default 15000 */
  readonly maxInterval?: number;
  /** Silence after which the service is told that the run lives. @default 30000 */
  readonly heartbeat?: number;
  /** Between attempts. @default 2000 to 60000 */
  readonly backoff?: BackoffOptions;
}

/** What became of the log's rows. */
export interface UploadReport {
  /** Those that the service has. */
  readonly uploadedRows: number;
  /** Steps of the rows that are too long for the service. */
  readonly droppedSteps: readonly number[];
  /** Those in whose place the service has rows of a later log. */
  readonly olderRows: number;
  /** Files, artifacts and alerts that could not be uploaded. */
  readonly failed: readonly string[];
  /** Whether all was uploaded, rows, files, artifacts and alerts, with the exit if the log has one. */
  readonly complete: boolean;
}

/** How an upload stands. */
export interface UploaderState {
  readonly status: 'idle' | 'connecting' | 'streaming' | 'done' | 'stopped';
  readonly uploadedRows: number;
  readonly place: RunPlace | undefined;
  /** Lines that the service had before this log. */
  readonly base: LineCounts | undefined;
  /** Why it stopped before its end. */
  readonly error: Error | undefined;
}

/** Uploads a run from its log, in the background. No method throws or rejects. */
export interface Uploader {
  start(): void;
  /** Says that there is news in the log: it is looked at soon, and not more often than at the first interval. */
  wake(): void;
  /**
   * Uploads what is in the log, then ends; gives up when the signal is aborted. The process is kept alive until then.
   * Later calls give the same report.
   */
  drain(signal: AbortSignal): Promise<UploadReport>;
  readonly state: UploaderState;
}
