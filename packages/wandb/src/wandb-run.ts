import type { LineCounts } from './acked.ts';
import type { FinishReport } from './finish-report.ts';
import type { MetricOptions } from './metric-definitions.ts';
import type { AlertRecord } from './record.ts';
import type { SavedBook } from './run-book.ts';
import type { Mode } from './settings.ts';

/**
 * A run that takes rows, whatever becomes of them.
 *
 * Nothing here throws, rejects or waits for the service, unless the run was opened with `strict`. A call of the wrong form is
 * told of by name and left out; of a row only its wrong options are.
 */
export interface WandbRun {
  readonly id: string;
  readonly project: string;
  readonly mode: Mode;
  /** The folder of the run's log and files; undefined where there is none. */
  readonly folder: string | undefined;
  /** The `_step` of the next row. */
  readonly step: number;
  /**
   * Adds a row: numbers, texts, nested objects, tensors, and media such as `image(…)`. What it holds is read at once
   * and never changed. Tensors stay the caller's.
   */
  log(row: Readonly<Record<string, unknown>>, options?: LogOptions): void;
  /** Adds to the configuration, over what is there of the same name. Texts with names of secrets are redacted. */
  config(update: Readonly<Record<string, unknown>>): void;
  /** Sets summary values by hand, which otherwise are each metric's last one. */
  summary(update: Readonly<Record<string, unknown>>): void;
  /** Says what a metric is drawn over and summed up as. A name that ends in `*` stands for all that begin so. */
  defineMetric(name: string, options?: MetricOptions): void;
  /** Keeps a file with the run, at a relative path with forward slashes. */
  file(path: string, bytes: Uint8Array): void;
  /** Tells the run's owner of something. */
  alert(alert: Alert): void;
  /** Keeps files under a name and a version. */
  artifact(artifact: Artifact): void;
  /** Where the run is, to go on from later. Everything so far is in the log. */
  state(): RunPosition;
  /** Writes all that was logged through to the disk. */
  sync(): void;
  /**
   * Ends the run, and waits a while for the service to have it all. The first call counts. An exit code that is no integer
   * from 0 to 255 counts as 1, a failure; with `strict` it rejects with a RangeError, and the run goes on. @default 0
   */
  finish(exitCode?: number): Promise<FinishReport>;
}

/** When a row is given away. */
export interface LogOptions {
  /** The row's `_step`, not less than the last one; rows of one step become one. @default the next */
  readonly step?: number;
  /** False keeps the row open for what the next call adds. @default true, with a `step` false */
  readonly commit?: boolean;
}

/** A message to the run's owner. */
export interface Alert {
  readonly title: string;
  /** @default '' */
  readonly text?: string;
  /** @default 'INFO' */
  readonly level?: AlertRecord['level'];
  /** Seconds in which no other alert of that title is sent. @default 60 */
  readonly wait?: number;
}

/** Files that belong together, as one version of something. */
export interface Artifact {
  readonly name: string;
  /** Such as `model` or `dataset`. */
  readonly type: string;
  /** Contents by relative path with forward slashes. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** @default ['latest'] */
  readonly aliases?: readonly string[];
  readonly description?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** Where a run is. Plain values, which a checkpoint keeps. */
export interface RunPosition {
  readonly id: string;
  /** The `_step` of the next row. */
  readonly step: number;
  /** Bytes of the log. */
  readonly offset: number;
  /** The name of its folder; empty where there is none. */
  readonly folder: string;
  /** Where that folder is, as `WandbRun.folder`; missing where there is none. */
  readonly path?: string;
  /** Lines of each kind that the service has, or will have, of the run so far; missing where that is not known. */
  readonly lines?: LineCounts;
  /** What a log in another folder goes on with, where this one is missing. */
  readonly book?: SavedBook;
}
