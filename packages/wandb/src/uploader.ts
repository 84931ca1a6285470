import type { StreamEnd } from './file-stream.ts';
import { graphql } from './graphql.ts';
import { httpClient } from './http-client.ts';
import { HttpError } from './http-error.ts';
import { messageOf } from './message-of.ts';
import { pauses } from './pauses.ts';
import type { LogRecord } from './record.ts';
import { upsertRun } from './run-api.ts';
import { runFold } from './run-fold.ts';
import { openSession, type UploadSession } from './upload-session.ts';
import type { Uploader, UploaderOptions, UploaderState, UploadReport } from './uploader-options.ts';

export type * from './uploader-options.ts';

/** Some milliseconds of work. */
const recordsAtOnce = 100;

/**
 * Reads a run's log and tells the service, so that every row arrives once and in order whatever fails in between: a line's
 * offset is its place in the log, a request is repeated as it is until the service acknowledges it, and what was
 * acknowledged is kept beside the log for a later process.
 */
export function uploader(options: UploaderOptions): Uploader {
  const {
    reader,
    warn,
    onConnected,
    onStopped,
    timing: {
      interval: firstInterval = 2000,
      maxInterval = 15_000,
      heartbeat = 30_000,
      backoff,
    } = {},
    ...clientOptions
  } = options;
  const tell = (message: string): void => callQuietly(() => warn(message));
  const controller = new AbortController();
  const { signal } = controller;
  const attemptPauses = pauses();
  const tickPauses = pauses();
  const http = httpClient({ ...clientOptions, ...(backoff && { backoff }), pauses: attemptPauses });
  const ask = graphql(http);
  const fold = runFold();
  let session: UploadSession | undefined;
  let status: UploaderState['status'] = 'idle';
  let error: Error | undefined;
  let draining = false;
  let running: Promise<void> | undefined;
  let drained: Promise<UploadReport> | undefined;
  let warnedOfDamage = false;
  let lastTick = 0;
  let sentFields = 0;
  let sentSummary = 0;

  /** The next record; what can't be read is left out, as `wandb sync` leaves it out. */
  async function nextRecord(): Promise<LogRecord | undefined> {
    try {
      return await reader.next();
    } catch (reason) {
      if (!warnedOfDamage) tell(`a part of the log can't be read: ${messageOf(reason)}`);
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

  /** Reads until a request is full; returns whether that was all. */
  async function collect({ stream, errands, overtaken }: UploadSession): Promise<boolean> {
    for (let read = 1; !stream.full; read++) {
      // A long log must not hold up the batches of the training, which share the thread.
      if (read % recordsAtOnce === 0) await tickPauses.wait(0, signal);
      const record = await nextRecord();
      if (!record) {
        stream.settle();
        return true;
      }
      const lines = fold.add(record);
      if (!overtaken.has(record)) for (const line of lines) stream.add(line);
      errands.add(record, fold.nextStep);
    }
    return false;
  }

  async function sendFields(): Promise<void> {
    if (sentFields === fold.versions.fields) return;
    sentFields = fold.versions.fields;
    await upsertRun(ask, fold.fields(), signal);
  }

  async function sendLines({ stream, errands, save }: UploadSession, end: StreamEnd = {}) {
    // Whatever becomes of the request, a later process knows whose its lines are.
    if (stream.pending) await save();
    if (sentSummary !== fold.versions.summary) {
      sentSummary = fold.versions.summary;
      stream.setSummary(fold.summaryJson());
    }
    await stream.send({ uploaded: errands.takeUploaded(), ...end });
    await save();
  }

  /** What the service has is newer: neither rows nor the summary go over it. */
  function leaveLater({ stream, overtaken }: UploadSession): void {
    sentSummary = fold.versions.summary;
    const rows = stream.counted.history + overtaken.rows;
    tell(
      `the service has rows of a later part of the run, which the ${rows} rows here leave as they are`,
    );
  }

  async function work(): Promise<void> {
    status = 'connecting';
    if (!(await readRun())) return;
    const opened = await openSession(
      { ...options, warn: tell, onStopped: () => callQuietly(() => onStopped?.()) },
      { ask, http, fold, signal },
    );
    session = opened;
    sentFields = opened.sentFields;
    callQuietly(() => onConnected?.(opened.place));
    status = 'streaming';
    let interval = firstInterval;
    let lastSent = Date.now();
    for (;;) {
      const ending = draining;
      lastTick = Date.now();
      const caughtUp = await collect(opened);
      if (caughtUp && opened.overtaken.isAll) leaveLater(opened);
      await sendFields();
      const news = opened.stream.pending || sentSummary !== fold.versions.summary;
      if (news || Date.now() - lastSent >= heartbeat) {
        await sendLines(opened);
        lastSent = Date.now();
      }
      if (!caughtUp) continue;
      if (ending) break;
      await tickPauses.wait(interval, signal);
      interval = Math.min(maxInterval, interval * 1.2);
    }
    await opened.errands.finish();
    if (signal.aborted) return;
    if (fold.exit && !opened.overtaken.isAll)
      await sendLines(opened, { complete: true, exitcode: fold.exit.exitCode });
    status = 'done';
  }

  function start(): void {
    running ??= work().catch((reason: unknown) => {
      status = 'stopped';
      if (signal.aborted) return;
      error = reason instanceof Error ? reason : new Error(String(reason));
      controller.abort(error);
      const isKey = error instanceof HttpError && error.status === 401;
      const why = isKey ? `the API key was not accepted (${error.message})` : error.message;
      tell(`the upload stopped: ${why}`);
    });
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
    const failed = session?.errands.failed.map(({ name }) => name) ?? [];
    return {
      uploadedRows: session?.stream.acked.history ?? 0,
      droppedSteps: session?.droppedSteps ?? [],
      olderRows: session?.overtaken.rows ?? 0,
      failed,
      complete: status === 'done' && failed.length === 0,
    };
  }

  return {
    start,
    wake() {
      if (Date.now() - lastTick >= firstInterval) tickPauses.wake();
    },
    drain: (deadline) => (drained ??= drainOnce(deadline)),
    get state() {
      return {
        status,
        uploadedRows: session?.stream.acked.history ?? 0,
        place: session?.place,
        base: session?.base,
        error,
      };
    },
  };
}

/** A listener's error is none of the upload. */
function callQuietly(listener: () => void): void {
  try {
    listener();
  } catch {
    // There is nobody to tell.
  }
}
