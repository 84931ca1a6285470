import { decodeAcked, encodeAcked, newAcked, type Acked, type AckedStore } from './acked.ts';
import type { BackoffOptions } from './backoff.ts';
import { errands as newErrands, type Errands, type LocalFiles } from './errands.ts';
import { fileStream, type FileStream, type FileStreamOptions } from './file-stream.ts';
import { graphql } from './graphql.ts';
import { httpClient, type HttpClientOptions } from './http-client.ts';
import { pauses } from './pauses.ts';
import type { LogRecord } from './record.ts';
import { resumeStatus, upsertRun, type RunPlace } from './run-api.ts';
import { runFold } from './run-fold.ts';

/** Some milliseconds of work. */
const recordsAtOnce = 100;

/** Where the records of a run come from, in order. */
export interface RecordSource {
  /** The next record; `undefined` if there is none yet. */
  next(): LogRecord | undefined | Promise<LogRecord | undefined>;
}

/** Options of {@link uploader}. */
export interface UploaderOptions extends Pick<
  HttpClientOptions,
  'baseUrl' | 'allowInsecure' | 'apiKey' | 'fetch' | 'timeout'
> {
  readonly reader: RecordSource;
  readonly acked: AckedStore;
  readonly local: LocalFiles;
  /** The command that uploads the run later, for messages: `wandb sync <folder>`. */
  readonly syncCommand: string;
  /**
   * Whether the run may, must or must not be at the service before this log.
   *
   * @default 'allow' if the run record says resumed, else it isn't asked
   */
  readonly resume?: 'allow' | 'must' | 'never';
  /** Told what the user should know, a sentence each; each thing once. */
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
  readonly uploadedRows: number;
  readonly pendingRows: number;
  /** Too long for the service. */
  readonly droppedRows: number;
  /** Files, artifacts and alerts that could not be uploaded. */
  readonly failed: readonly string[];
  /** Whether all was uploaded, with the exit if the log has one. */
  readonly complete: boolean;
}

/** How an upload stands. */
export interface UploaderState {
  readonly status: 'idle' | 'connecting' | 'streaming' | 'done' | 'stopped';
  readonly uploadedRows: number;
  readonly place: RunPlace | undefined;
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

/**
 * Reads a run's log and tells the service, so that every row arrives once and in order whatever fails in between: a line's
 * offset is its place in the log, a request is repeated as it is until the service acknowledges it, and what was
 * acknowledged is kept beside the log for a later process.
 */
export function uploader({
  reader,
  acked: store,
  local,
  syncCommand,
  resume,
  warn,
  onStopped,
  onConnected,
  timing: {
    interval: firstInterval = 2000,
    maxInterval = 15_000,
    heartbeat = 30_000,
    backoff,
  } = {},
  limits,
  ...clientOptions
}: UploaderOptions): Uploader {
  const controller = new AbortController();
  const { signal } = controller;
  const attemptPauses = pauses();
  const tickPauses = pauses();
  const http = httpClient({ ...clientOptions, ...(backoff && { backoff }), pauses: attemptPauses });
  const ask = graphql(http);
  const fold = runFold();
  let acked: Acked | undefined;
  let place: RunPlace | undefined;
  let stream: FileStream | undefined;
  let errands: Errands | undefined;
  let status: UploaderState['status'] = 'idle';
  let error: Error | undefined;
  let draining = false;
  let running: Promise<void> | undefined;
  let drained: Promise<UploadReport> | undefined;
  let warnedOfStore = false;
  let warnedOfDamage = false;
  let lastTick = 0;
  let sentFields = 0;
  let sentSummary = 0;

  async function save(): Promise<void> {
    if (!acked) return;
    acked = {
      ...acked,
      lines: stream?.acked ?? acked.lines,
      errands: errands?.done ?? acked.errands,
    };
    try {
      await store.save(encodeAcked(acked));
    } catch {
      // Only a later process needs it, and that sends the same lines to the same offsets.
      if (!warnedOfStore) warn('wandb: what was uploaded could not be noted beside the log');
      warnedOfStore = true;
    }
  }

  async function load(runId: string): Promise<Acked> {
    try {
      return decodeAcked(await store.load(), runId) ?? newAcked(runId);
    } catch {
      return newAcked(runId);
    }
  }

  /** The next record; what can't be read is left out, as `wandb sync` leaves it out. */
  async function nextRecord(): Promise<LogRecord | undefined> {
    try {
      return await reader.next();
    } catch (reason) {
      if (!warnedOfDamage) warn(`wandb: a part of the log can't be read: ${messageOf(reason)}`);
      warnedOfDamage = true;
      return reader.next();
    }
  }

  /** Waits until the log names the run; false if the drain comes first. */
  async function readRun(): Promise<boolean> {
    for (;;) {
      const record = await nextRecord();
      if (record) fold.add(record);
      else if (draining) return false;
      else await tickPauses.wait(firstInterval, signal);
      if (fold.run) return true;
    }
  }

  async function connect(): Promise<FileStream> {
    const fields = fold.fields();
    let before = await load(fields.name);
    const resumed = fold.run?.resumed === true;
    if (resume !== undefined || resumed) {
      const known = await resumeStatus(ask, fields, signal);
      if (resume === 'must' && !known)
        throw new Error(`the run ${fields.name} is to be resumed, and the service doesn't know it`);
      if (resume === 'never' && known && !before.base)
        throw new Error(`the run ${fields.name} is to be new, and the service has it already`);
      if (known && resumed) {
        fold.seed(known.summaryMetrics, known.config);
        before = {
          ...before,
          base: before.base ?? {
            history: known.historyLineCount,
            events: known.eventsLineCount,
            output: known.logLineCount,
          },
        };
      }
    }
    const base = before.base ?? { history: 0, events: 0, output: 0 };
    acked = { ...before, base };
    sentFields = fold.versions.fields;
    place = await upsertRun(ask, fold.fields(), signal);
    // Before the first line goes out: a later process must not count these lines again.
    await save();
    onConnected?.(place);
    errands = newErrands({
      ask,
      http,
      local,
      place,
      done: acked.errands,
      signal,
      onDone: () => void save(),
      onFailed: (name, reason) => {
        warn(
          `wandb: ${name} could not be uploaded (${messageOf(reason)}); try later with \`${syncCommand}\``,
        );
      },
    });
    stream = fileStream({
      http,
      place,
      base,
      acked: acked.lines,
      signal,
      ...limits,
      ...(onStopped && { onStopped }),
      onDropped: () => warn('wandb: lines of more than 10 MiB are not uploaded'),
    });
    return stream;
  }

  /** Reads until a request is full; returns whether that was all. */
  async function collect(to: FileStream): Promise<boolean> {
    for (let read = 1; !to.full; read++) {
      // A long log must not hold up the batches of the training, which share the thread.
      if (read % recordsAtOnce === 0) await tickPauses.wait(0, signal);
      const record = await nextRecord();
      if (!record) {
        to.settle();
        return true;
      }
      for (const line of fold.add(record)) to.add(line);
      errands?.add(record, fold.nextStep);
    }
    return false;
  }

  async function sendFields(): Promise<void> {
    if (sentFields === fold.versions.fields) return;
    sentFields = fold.versions.fields;
    await upsertRun(ask, fold.fields(), signal);
  }

  async function sendLines(to: FileStream, end: { complete?: boolean; exitcode?: number } = {}) {
    if (sentSummary !== fold.versions.summary) {
      sentSummary = fold.versions.summary;
      to.setSummary(fold.summaryJson());
    }
    await to.send({ uploaded: errands?.takeUploaded() ?? [], ...end });
    await save();
  }

  async function work(): Promise<void> {
    status = 'connecting';
    if (!(await readRun())) return;
    const to = await connect();
    status = 'streaming';
    let interval = firstInterval;
    let lastSent = Date.now();
    for (;;) {
      const ending = draining;
      lastTick = Date.now();
      const caughtUp = await collect(to);
      await sendFields();
      const news = to.pending || sentSummary !== fold.versions.summary;
      if (news || Date.now() - lastSent >= heartbeat) {
        await sendLines(to);
        lastSent = Date.now();
      }
      if (!caughtUp) continue;
      if (ending) break;
      await tickPauses.wait(interval, signal);
      interval = Math.min(maxInterval, interval * 1.2);
    }
    await errands?.finish();
    if (signal.aborted) return;
    if (fold.exit) await sendLines(to, { complete: true, exitcode: fold.exit.exitCode });
    status = 'done';
  }

  function start(): void {
    running ??= work().catch((reason: unknown) => {
      status = 'stopped';
      if (signal.aborted) return;
      error = reason instanceof Error ? reason : new Error(String(reason));
      controller.abort(error);
      warn(
        `wandb: the upload stopped: ${error.message}. Nothing is lost: upload later with \`${syncCommand}\``,
      );
    });
  }

  /** The rest of the log, read only to be counted. */
  async function countRows(): Promise<{ rows: number; dropped: number }> {
    let rows = stream?.counted.history ?? 0;
    try {
      for (let record = await nextRecord(); record; record = await nextRecord())
        if ('history' in record) rows++;
    } catch {
      // What can't be read can't be counted.
    }
    return { rows, dropped: stream?.dropped.history ?? 0 };
  }

  async function drainOnce(deadline: AbortSignal): Promise<UploadReport> {
    draining = true;
    start();
    // Timers of the upload don't keep the process alive; whoever waits here wants it alive.
    const alive = setInterval(() => undefined, 60_000);
    const giveUp = (): void => controller.abort(new Error('the time for the upload is over'));
    if (deadline.aborted) giveUp();
    deadline.addEventListener('abort', giveUp, { once: true });
    attemptPauses.hurry();
    tickPauses.hurry();
    try {
      await running;
    } finally {
      clearInterval(alive);
      deadline.removeEventListener('abort', giveUp);
    }
    const { rows, dropped } = await countRows();
    const uploadedRows = Math.min(rows, stream?.acked.history ?? 0);
    return {
      uploadedRows,
      pendingRows: rows - uploadedRows,
      droppedRows: dropped,
      failed: errands?.failed ?? [],
      complete: status === 'done',
    };
  }

  return {
    start,
    wake() {
      if (Date.now() - lastTick >= firstInterval) tickPauses.wake();
    },
    drain: (deadline) => (drained ??= drainOnce(deadline)),
    get state() {
      return { status, uploadedRows: stream?.acked.history ?? 0, place, error };
    },
  };
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
