export {
  httpClient,
  type Fetch,
  type HttpClient,
  type HttpClientOptions,
  type HttpRequest,
} from './http-client.ts';
export { HttpError } from './http-error.ts';
export { logEnd, type LogEnd } from './log-end.ts';
export { LogDamageError, LogInUseError, LogWriteError } from './log-errors.ts';
export { continueLog, createLog, openLog } from './log-file.ts';
export { logReader, type LogReader, type LogReaderOptions } from './log-reader.ts';
export type { LogSink, LogSource } from './log-storage.ts';
export { logWriter, type LogWriter, type LogWriterOptions } from './log-writer.ts';
export { memoryLog, type MemoryLog } from './memory-log.ts';
export type {
  AlertRecord,
  ArtifactEntry,
  ArtifactRecord,
  ExitRecord,
  FileRecord,
  HistoryRecord,
  Item,
  ItemsRecord,
  LogRecord,
  MetricRecord,
  OutputRecord,
  RunRecord,
  StatsRecord,
  TelemetryRecord,
} from './record.ts';
export { redactSecrets } from './config-values.ts';
export { wandbChart, type WandbChartOptions } from './media/chart.ts';
export type { ClassCurveOptions } from './media/class-curves.ts';
export {
  wandbConfusionMatrix,
  type WandbConfusionMatrixOptions,
} from './media/confusion-matrix.ts';
export {
  wandbHistogram,
  wandbHistogramOfCounts,
  type WandbHistogramOfCountsOptions,
  type WandbHistogramOptions,
} from './media/histogram.ts';
export type { NumberRows, Numbers } from './media/host-numbers.ts';
export { wandbImages } from './media/image-list.ts';
export { wandbImage, type WandbImage, type WandbImageOptions } from './media/image.ts';
export type { HashedFile } from './media/media-path.ts';
export {
  isWandbMedia,
  type Json,
  type MediaFile,
  type RenderedMedia,
  type WandbMedia,
} from './media/media.ts';
export { wandbPrCurve, type WandbPrCurveOptions } from './media/pr-curve.ts';
export { wandbRocCurve, type WandbRocCurveOptions } from './media/roc-curve.ts';
export { wandbTable, type WandbTableOptions } from './media/table.ts';
export { runSummary, type RunSummary } from './summary.ts';
export { toItems, toValueJson, warnOncePerKey, type Warn } from './values.ts';
export { RunRefusedError } from './run-opener.ts';
export { openRun, type OpenRunOptions, type OpenRunParts } from './run.ts';
export type { FinishReport } from './finish-report.ts';
export type { MetricOptions } from './metric-definitions.ts';
export type { SdkRun } from './sdk-adapter.ts';
export type { Mode, ResumeRule, RunOptions } from './settings.ts';
export { syncRun, type SyncRunOptions } from './sync-run.ts';
export { wandbLogger, type WandbLogger } from './wandb-logger.ts';
export type { SampleOptions, WandbLoggerOptions } from './wandb-logger-options.ts';
export type { Alert, Artifact, LogOptions, RunPosition, WandbRun } from './wandb-run.ts';
