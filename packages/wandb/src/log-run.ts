import { sumOf } from './acked.ts';
import { artifactRecord } from './artifact-record.ts';
import { backgroundTimer } from './background-timer.ts';
import type { FinishReport } from './finish-report.ts';
import { checkNamed } from './check-named.ts';
import { redactSecrets } from './config-values.ts';
import { messageOf } from './message-of.ts';
import type { LogRunParts, RunUpload, Uploaded } from './log-run-parts.ts';
import type { LogRecord } from './record.ts';
import { savedBook } from './run-book.ts';
import {
  checkAlert,
  checkArtifact,
  checkFile,
  checkMetric,
  exitCodeOf,
  logOptions,
} from './run-calls.ts';
import { runRows } from './run-rows.ts';
import { runWriter } from './run-writer.ts';
import { safePath } from './safe-path.ts';
import { toItems, warnOncePerKey } from './values.ts';
import type { RunPosition, WandbRun } from './wandb-run.ts';
import { watchProcess } from './watch-process.ts';
import { within } from './within.ts';

/** Milliseconds that a signal waits for the service. */
const SIGNAL_TIMEOUT = 5000;

/** Milliseconds that the run's files get besides, where they are written a moment later. */
const LEAVE_WITHIN = 5000;

/** Milliseconds of waiting at the end that need no word. */
const PATIENCE = 2000;

/** A run whose every row goes to its log before anything else. */
export function logRun(parts: LogRunParts): WandbRun {
  const { id, project, entity, mode, strict, storage, book, upload, host, redact, say } = parts;
  const warn = warnOncePerKey((key, why) => say(`${JSON.stringify(key)} is not logged: ${why}`));
  const append = (record: LogRecord): void => storage.append(record, rows.open());
  const write = (path: string, bytes: Uint8Array): string => storage.write(path, bytes);
  const writer = runWriter({ book, append, write, warn, strict });
  const rows = runRows(writer, book, (rest) => storage.keep(rest), say);
  const run = { runId: id, project, ...(entity !== undefined && { entity }) };
  const artifactParts = { run, write, sequences: new Map<string, string>(), warn };
  let finishing: Promise<FinishReport> | undefined;
  let isClosed = false;

  const tell = (error: unknown, what = 'not everything is logged'): void =>
    say(`${what}: ${messageOf(error)}`);
  /** No error of the logger reaches the program, unless it wants it. */
  const refuse = (error: unknown, what?: string): void => {
    if (strict) throw error;
    tell(error, what);
  };
  const guard = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      refuse(error);
    }
  };
  const tellOfEnd = (): void => say('what is logged after the end of the run is dropped');
  /** What comes too late is told of and dropped. */
  const whileOpen = (work: () => void): void => {
    if (isClosed) tellOfEnd();
    else guard(work);
  };

  const sync = (): void => {
    writer.summary();
    storage.sync();
    upload?.wake();
  };

  /** All that the log gets at the end; each of it, whatever becomes of the rest. */
  const close = (exitCode: number): void => {
    if (isClosed) return;
    const runtime = Math.round(writer.runtime());
    const last = [
      stopWatching,
      () => rows.commit(),
      () => book.summary.set([{ key: ['_wandb', 'runtime'], valueJson: String(runtime) }]),
      () => writer.summary(),
      () => append({ exit: { exitCode, runtime } }),
      () => void (isClosed = true),
      () => storage.sync(),
    ];
    for (const work of last) {
      try {
        work();
      } catch (error) {
        tell(error);
      }
    }
  };

  const end = async (exitCode: number, timeout: number): Promise<FinishReport> => {
    close(exitCode);
    const uploaded = upload && (await drained(upload, timeout, say));
    storage.close();
    try {
      await within(storage.leave(uploaded?.complete ?? false), LEAVE_WITHIN);
    } catch (error) {
      say(`the run's files may not be whole: ${messageOf(error)}`);
    }
    return parts.report(book.rows, uploaded);
  };

  const stopWatching = watchProcess(host, {
    onLine: parts.console
      ? (stream, line) => {
          append({ output: { stream, timestamp: Date.now(), text: `${line}\n` } });
          book.lines.output++;
        }
      : undefined,
    onMeasure: () => {
      append({ stats: { timestamp: Date.now(), items: toItems(parts.stats(), warn) } });
      book.lines.events++;
    },
    ...(parts.statsEvery === undefined && { onMeasure: undefined }),
    measureEvery: parts.statsEvery ?? 0,
    onError: tell,
    onHandledSignal: sync,
    onExit(exitCode) {
      close(exitCode);
      // There is no time for an upload any more; the next process finds the log free.
      storage.close();
    },
    async onSignal(exitCode) {
      const endNow = () => end(exitCode, SIGNAL_TIMEOUT);
      finishing ??= parts.flush ? parts.flush().then(endNow, endNow) : endNow();
      await finishing;
    },
  });

  return {
    id,
    project,
    mode,
    folder: storage.folder,
    get step() {
      return rows.step;
    },
    log(row, options) {
      // As `whileOpen`, without a function for every batch.
      if (isClosed) {
        tellOfEnd();
        return;
      }
      try {
        checkNamed('run.log', row);
        rows.log(row, options === undefined ? {} : logOptions(options, refuse));
      } catch (error) {
        refuse(error);
      }
    },
    config(update) {
      whileOpen(() => {
        checkNamed('run.config', update);
        writer.config(redactSecrets(toItems(update, warn)));
      });
    },
    summary(update) {
      whileOpen(() => {
        checkNamed('run.summary', update);
        book.summary.set(toItems(update, warn));
        writer.summary();
      });
    },
    defineMetric(name, options = {}) {
      whileOpen(() => {
        checkMetric(name, options);
        book.definitions.define(name, options);
      });
    },
    file(path, bytes) {
      whileOpen(() => {
        checkFile(path, bytes);
        writer.files([{ path: safePath(path), bytes }], 'other');
      });
    },
    alert(alert) {
      whileOpen(() => {
        checkAlert(alert);
        const { title, text = '', level = 'INFO', wait = 60 } = alert;
        append({ alert: { title, text, level, waitDuration: wait } });
      });
    },
    artifact(given) {
      whileOpen(() => {
        checkArtifact(given);
        append({ artifact: artifactRecord(given, artifactParts) });
      });
    },
    state(): RunPosition {
      if (!isClosed) {
        // A checkpoint that survives the machine's end must find its place in the log.
        guard(() => {
          rows.commit();
          storage.sync();
        });
      }
      const base = book.base ?? upload?.base();
      const lines = base && sumOf(base, book.lines);
      return {
        id,
        step: book.step,
        offset: storage.bytes,
        folder: storage.name,
        ...(storage.folder !== undefined && { path: storage.folder }),
        book: redact.values(savedBook(book, writer.runtime())),
        ...(lines && { lines }),
      };
    },
    sync() {
      if (!isClosed) guard(sync);
    },
    async finish(exitCode = 0) {
      const code = exitCodeOf(exitCode, (error) => refuse(error, 'the run ends with 1'));
      return (finishing ??= end(code, parts.finishTimeout));
    },
  };
}

/** What a time is enough to send. */
async function drained(
  upload: RunUpload,
  timeout: number,
  say: (text: string) => void,
): Promise<Uploaded> {
  const tell = (): void => say(`waits up to ${timeout / 1000} s for ${upload.host}`);
  if (upload.isStuck()) tell();
  const stopPatience = backgroundTimer(tell, PATIENCE);
  const deadline = new AbortController();
  const stop = backgroundTimer(() => deadline.abort(), timeout);
  try {
    return await upload.drain(deadline.signal);
  } catch {
    return { uploadedRows: 0, droppedSteps: [], failed: [], complete: false };
  } finally {
    stop();
    stopPatience();
  }
}
