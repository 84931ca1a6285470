/**
 * An entry of a run's transaction log, in the words of the official client's protocol. Exactly one member is set.
 *
 * Every `valueJson` is a JSON text in which NaN, Infinity and -Infinity may stand bare, as the official client
 * writes them.
 */
export type LogRecord =
  | { readonly header: { readonly producer: string } }
  | { readonly run: RunRecord }
  | { readonly config: ItemsRecord }
  | { readonly summary: ItemsRecord }
  | { readonly metric: MetricRecord }
  | { readonly history: HistoryRecord }
  | { readonly stats: StatsRecord }
  | { readonly output: OutputRecord }
  | { readonly files: readonly FileRecord[] }
  | { readonly telemetry: TelemetryRecord }
  | { readonly alert: AlertRecord }
  | { readonly artifact: ArtifactRecord }
  | { readonly exit: ExitRecord };

/** A key, with deeper keys where a value lies within another, and its value. */
export interface Item {
  readonly key: string | readonly string[];
  readonly valueJson: string;
}

/** The run itself: the first record after the header. */
export interface RunRecord {
  readonly runId: string;
  readonly project: string;
  readonly entity?: string;
  readonly displayName?: string;
  readonly group?: string;
  readonly jobType?: string;
  readonly notes?: string;
  readonly tags?: readonly string[];
  readonly config?: readonly Item[];
  readonly host?: string;
  /** Milliseconds since 1970. */
  readonly startTime?: number;
  /** The `_step` that the run begins at. */
  readonly startingStep?: number;
  readonly resumed?: boolean;
  /** Seconds that earlier processes spent on the run. */
  readonly runtime?: number;
  /** Lines that the service holds before those of this log, where another log of the run was before. Not the official client's. */
  readonly base?: Readonly<Record<'history' | 'events' | 'output', number>>;
  /** The folder that those lines are in, where it is known to be. Not the official client's. */
  readonly earlier?: string;
  readonly git?: { readonly remoteUrl: string; readonly commit: string };
}

/** Values that are set, and keys that are taken away. */
export interface ItemsRecord {
  readonly update: readonly Item[];
  readonly remove?: readonly (string | readonly string[])[];
}

/** What a metric is drawn over and summed up as. */
export interface MetricRecord {
  readonly name: string;
  readonly stepMetric?: string;
  /** Fill the step metric in where a row lacks it. */
  readonly stepSync?: boolean;
  readonly hidden?: boolean;
  readonly summary?: readonly (
    'min' | 'max' | 'mean' | 'best' | 'last' | 'none' | 'copy' | 'first'
  )[];
  readonly goal?: 'minimize' | 'maximize';
}

/** A row: holds `_step`, `_runtime` and `_timestamp` among its items. */
export interface HistoryRecord {
  readonly step: number;
  readonly items: readonly Item[];
}

/** Measures of the machine. */
export interface StatsRecord {
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly items: readonly Item[];
}

/** A piece of the console's output. */
export interface OutputRecord {
  readonly stream: 'stdout' | 'stderr';
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly text: string;
}

/** A file below the run folder's `files`. */
export interface FileRecord {
  readonly path: string;
  readonly policy: 'now' | 'end' | 'live';
  readonly type: 'other' | 'wandb' | 'media' | 'artifact';
}

/** What wrote the run. */
export interface TelemetryRecord {
  readonly cliVersion: string;
  readonly platform: string;
}

/** A message to the run's owner. */
export interface AlertRecord {
  readonly title: string;
  readonly text: string;
  readonly level: 'INFO' | 'WARN' | 'ERROR';
  /** Seconds in which an alert of the same title is not sent again. */
  readonly waitDuration?: number;
}

/** An artifact to be made of local files. */
export interface ArtifactRecord {
  readonly runId: string;
  readonly project: string;
  readonly entity?: string;
  readonly type: string;
  readonly name: string;
  /** Of the manifest, as `manifest.ts` computes it. */
  readonly digest: string;
  readonly description?: string;
  readonly metadataJson?: string;
  readonly aliases: readonly string[];
  readonly entries: readonly ArtifactEntry[];
  readonly clientId: string;
  readonly sequenceClientId: string;
}

/** A file of an artifact. */
export interface ArtifactEntry {
  readonly path: string;
  /** Base64 of the MD5 of its bytes. */
  readonly digest: string;
  readonly size: number;
  readonly localPath: string;
}

/** How the run ended. */
export interface ExitRecord {
  readonly exitCode: number;
  /** Seconds. */
  readonly runtime: number;
}
