import { sumOf, type LineCounts } from './acked.ts';
import { artifactRecord } from './artifact-record.ts';
import { backgroundTimer } from './background-timer.ts';
import type { FinishReport } from './finish-report.ts';
import { messageOf } from './message-of.ts';
import type { Host } from './platform/host.ts';
import type { Item, LogRecord } from './record.ts';
import type { Redaction } from './redact.ts';
import { idOf, type RunBook } from './run-book.ts';
import { runWriter } from './run-writer.ts';
import { safePath } from './safe-path.ts';
import type { Mode } from './settings.ts';
import { toItems, warnOncePerKey } from './values.ts';
import type { LogOptions, RunPosition, WandbRun } from './wandb-run.ts';
import { watchProcess } from './watch-process.ts';

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
  /** Resolves when all is where it belongs; the service may have it all, so that nobody else needs it. Never rejects. */
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
  /** Sends what there is until a signal; never rejects. */
  drain(signal: AbortSignal): Promise<Uploaded>;
}

/** What the service has of a run. */
export interface Uploaded {
  readonly uploadedRows: number;
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

/** Milliseconds that a signal waits for the service. */
const SIGNAL_TIMEOUT = 5000;

/** A row that is open for more. */
interface OpenRow {
  readonly step: number;
  readonly items: Map<string, Item>;
  readonly time: number;
}

/** A run whose every row goes to its log before anything else. */
export function logRun(parts: LogRunParts): WandbRun {
  const { id, project, entity, mode, strict, storage, book, upload, host, redact, say } = parts;
  const warn = warnOncePerKey((key, why) => say(`${JSON.stringify(key)} is not logged: ${why}`));
  const openRecord = (): LogRecord | undefined =>
    open && writer.record(open.step, [...open.items.values()], open.time);
  const append = (record: LogRecord): void => storage.append(record, openRecord());
  const write = (path: string, bytes: Uint8Array): string => storage.write(path, bytes);
  const writer = runWriter({ book, redact, append, write, warn, strict });
  const run = { runId: id, project, ...(entity !== undefined && { entity }) };
  const artifactParts = { run, write, sequences: new Map<string, string>(), warn };
  let open: OpenRow | undefined;
  let finishing: Promise<FinishReport> | undefined;
  let isClosed = false;

  const tell = (error: unknown): void => say(`not everything is logged: ${messageOf(error)}`);
  /** No error of the logger reaches the program, unless it wants it. */
  const guard = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (strict) throw error;
      tell(error);
    }
  };
  const tellOfEnd = (): void => say('what is logged after the end of the run is dropped');
  /** What comes too late is told of and dropped. */
  const whileOpen = (work: () => void): void => {
    if (isClosed) tellOfEnd();
    else guard(work);
  };

  const commit = (): void => {
    if (!open) return;
    const { step, items, time } = open;
    // With its metrics defined it takes the place of what is at the log's end for it.
    writer.define([...items.values()]);
    open = undefined;
    writer.row(step, [...items.values()], time);
  };

  const log = (row: Readonly<Record<string, unknown>>, options: LogOptions = {}): void => {
    const { step: asked, commit: isWhole = asked === undefined } = options;
    let step = open?.step ?? book.step;
    if (asked !== undefined && Number.isSafeInteger(asked) && asked > step) {
      commit();
      step = asked;
    } else if (asked !== undefined && asked !== step)
      say('rows of an earlier step than the last one are logged at that one: steps only rise');
    if (isWhole && !open && writer.numbers(row, step, Date.now())) return;
    const items = writer.items(row, step);
    if (isWhole && !open) {
      writer.row(step, items, Date.now());
      return;
    }
    open ??= { step, items: new Map(), time: Date.now() };
    for (const item of items) open.items.set(idOf(item.key), item);
    if (isWhole) {
      commit();
      return;
    }
    // It survives the process as whole rows do.
    const record = openRecord();
    if (record) storage.keep(record);
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
      commit,
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
    const uploaded = upload && (await drained(upload, timeout));
    storage.close();
    await storage.leave(uploaded?.complete ?? false);
    return parts.report(book.rows, uploaded);
  };

  const stopWatching = watchProcess(host, {
    onLine: parts.console
      ? (stream, line) => {
          append({ output: { stream, timestamp: Date.now(), text: `${redact.text(line)}\n` } });
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
      return open?.step ?? book.step;
    },
    log(row, options) {
      // As `whileOpen`, without a function for every batch.
      if (isClosed) {
        tellOfEnd();
        return;
      }
      try {
        log(row, options);
      } catch (error) {
        if (strict) throw error;
        tell(error);
      }
    },
    config(update) {
      whileOpen(() => writer.config(redact.config(toItems(update, warn))));
    },
    summary(update) {
      whileOpen(() => {
        book.summary.set(redact.items(toItems(update, warn)));
        writer.summary();
      });
    },
    defineMetric(name, options = {}) {
      whileOpen(() => book.definitions.define(name, options));
    },
    file(path, bytes) {
      whileOpen(() => writer.files([{ path: safePath(path), bytes }], 'other'));
    },
    alert({ title, text = '', level = 'INFO', wait = 60 }) {
      whileOpen(() => {
        const texts = { title: redact.text(title), text: redact.text(text) };
        append({ alert: { ...texts, level, waitDuration: wait } });
      });
    },
    artifact(given) {
      whileOpen(() => append({ artifact: artifactRecord(given, artifactParts) }));
    },
    state(): RunPosition {
      if (!isClosed) {
        // A checkpoint that survives the machine's end must find its place in the log.
        guard(() => {
          commit();
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
        ...(lines && { lines }),
      };
    },
    sync() {
      if (!isClosed) guard(sync);
    },
    finish(exitCode = 0) {
      return (finishing ??= end(exitCode, parts.finishTimeout));
    },
  };
}

/** What a time is enough to send. */
async function drained(upload: RunUpload, timeout: number): Promise<Uploaded> {
  const deadline = new AbortController();
  const stop = backgroundTimer(() => deadline.abort(), timeout);
  try {
    return await upload.drain(deadline.signal);
  } catch {
    return { uploadedRows: 0, failed: [], complete: false };
  } finally {
    stop();
  }
}
