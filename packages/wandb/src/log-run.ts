import { manifestDigest } from './artifact-manifest.ts';
import { backgroundTimer } from './background-timer.ts';
import { consoleCapture } from './console-capture.ts';
import type { FinishReport } from './finish-report.ts';
import { md5Base64 } from './md5.ts';
import { asWandbMedia } from './media/as-media.ts';
import type { WandbMedia } from './media/media.ts';
import type { Host } from './platform/host.ts';
import type { FileRecord, Item, LogRecord } from './record.ts';
import type { Redaction } from './redact.ts';
import { idOf, topOf, type RunBook } from './run-book.ts';
import type { Mode } from './settings.ts';
import { toItems, warnOncePerKey } from './values.ts';
import type { Alert, Artifact, LogOptions, RunPosition, WandbRun } from './wandb-run.ts';

/** Where a run's records and files go. */
export interface RunStorage {
  readonly folder: string | undefined;
  /** What the folder is called. */
  readonly name: string;
  /** Bytes of the log. */
  readonly bytes: number;
  append(record: LogRecord): void;
  /** Writes through to the disk. */
  sync(): void;
  close(): void;
  /** Writes a file at a path relative to the run's folder and returns the path to find it by. */
  write(path: string, bytes: Uint8Array): string;
}

/** What sends a run's records to the service. */
export interface RunUpload {
  /** Says that there are new records. */
  wake(): void;
  /** Sends what there is until a signal; never rejects. */
  drain(signal: AbortSignal): Promise<Uploaded>;
}

/** What the service has of a run. */
export interface Uploaded {
  readonly uploadedRows: number;
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
  /** Seconds between two measurements of the machine; undefined without. */
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

/** Milliseconds after which a summary is written with a row, so that a killed process leaves one that is about right. */
const SUMMARY_EVERY = 2000;

/** Names that every row has from the run itself. */
const OWN = new Set(['_step', '_runtime', '_timestamp']);

/** A run whose every row goes to its log before anything else. */
export function logRun(parts: LogRunParts): WandbRun {
  const { id, project, mode, storage, book, upload, host, redact, say } = parts;
  const started = performance.now();
  const warn = warnOncePerKey((key, why) => say(`${JSON.stringify(key)} is not logged: ${why}`));
  const artifacts = new Map<string, string>();
  /** A row that is open for more. */
  let open:
    { readonly step: number; readonly items: Map<string, Item>; readonly time: number } | undefined;
  let summaryWritten = started;
  let finishing: Promise<FinishReport> | undefined;
  let isClosed = false;

  const append = (record: LogRecord): void => storage.append(record);
  const runtime = (): number => book.runtime + (performance.now() - started) / 1000;

  const writeRow = (step: number, items: readonly Item[], time: number): void => {
    const own: Item[] = [
      { key: '_step', valueJson: String(step) },
      { key: '_runtime', valueJson: String(runtime() - (Date.now() - time) / 1000) },
      { key: '_timestamp', valueJson: String(time / 1000) },
    ];
    for (const { key } of items) book.definitions.see(topOf(key));
    const row = [...redact.items(items), ...own];
    append({ history: { step, items: row } });
    book.summary.add(row);
    book.step = step + 1;
    book.rows++;
    if (performance.now() - summaryWritten > SUMMARY_EVERY) writeSummary();
  };
  const writeSummary = (): void => {
    summaryWritten = performance.now();
    const update = book.summary.changed();
    if (update.length > 0) append({ summary: { update } });
  };
  const commit = (): void => {
    if (!open) return;
    const { step, items, time } = open;
    open = undefined;
    writeRow(step, [...items.values()], time);
  };
  const writeConfig = (items: readonly Item[]): void => {
    const update = items.filter(({ key, valueJson }) => book.config.get(idOf(key)) !== valueJson);
    if (update.length === 0) return;
    for (const { key, valueJson } of update) book.config.set(idOf(key), valueJson);
    append({ config: { update } });
  };
  const writeFiles = (
    files: readonly { readonly path: string; readonly bytes: Uint8Array }[],
    type: FileRecord['type'],
  ): void => {
    if (files.length === 0) return;
    for (const { path, bytes } of files) storage.write(`files/${path}`, bytes);
    append({ files: files.map(({ path }) => ({ path, policy: 'now', type })) });
  };

  /** The items of a row; media goes to files. */
  const itemsOf = (row: Readonly<Record<string, unknown>>, step: number): Item[] => {
    let isPlain = true;
    for (const key in row) {
      const value = row[key];
      if (OWN.has(key) || (typeof value === 'object' && value !== null && asWandbMedia(value)))
        isPlain = false;
    }
    if (isPlain) return toItems(row, warn);
    const entries = Object.entries(row).filter(([key]) => !OWN.has(key));
    const media = entries.flatMap(([key, value]) => {
      const found = asWandbMedia(value);
      return found ? [[key, found] as const] : [];
    });
    const rest = entries.filter(([, value]) => !asWandbMedia(value));
    const items = toItems(Object.fromEntries(rest), warn);
    for (const [key, value] of media) {
      const rendered = value.render(key, step);
      writeFiles(rendered.files, 'media');
      writeConfig(rendered.config ?? []);
      for (const [name, json] of Object.entries(rendered.row))
        items.push(...mediaItems(name, json));
    }
    return items;
  };
  const mediaItems = (name: string, json: unknown): Item[] => toItems({ [name]: json }, warn);

  const log = (row: Readonly<Record<string, unknown>>, options: LogOptions = {}): void => {
    const { step: asked, commit: isWhole = asked === undefined } = options;
    let step = open?.step ?? book.step;
    if (asked !== undefined && Number.isSafeInteger(asked) && asked > step) {
      commit();
      step = asked;
    } else if (asked !== undefined && asked !== step)
      say(`rows of an earlier step than ${step} are logged at that one: steps only rise`);
    const items = itemsOf(row, step);
    if (isWhole && !open) {
      writeRow(step, items, Date.now());
      return;
    }
    open ??= { step, items: new Map(), time: Date.now() };
    for (const item of items) open.items.set(idOf(item.key), item);
    if (isWhole) commit();
  };

  const alert = ({ title, text = '', level = 'INFO', wait = 60 }: Alert): void => {
    append({
      alert: { title: redact.text(title), text: redact.text(text), level, waitDuration: wait },
    });
  };

  const artifact = (given: Artifact): void => {
    const { name, type, files, aliases = ['latest'], description, metadata } = given;
    const entries = [...files].map(([path, bytes]) => ({
      path: safePath(path),
      digest: md5Base64(bytes),
      size: bytes.length,
      bytes,
    }));
    const digest = manifestDigest(entries);
    const sequence = artifacts.get(name) ?? randomId(128);
    artifacts.set(name, sequence);
    const place = `artifacts/${digest}`;
    const written = entries.map(({ path, digest: md5, size, bytes }) => ({
      path,
      digest: md5,
      size,
      localPath: storage.write(`${place}/${path}`, bytes),
    }));
    const [metadataItem] = metadata ? toItems({ metadata: [metadata] }, warn) : [];
    append({
      artifact: {
        runId: id,
        project,
        ...(parts.entity !== undefined && { entity: parts.entity }),
        type,
        name,
        digest,
        ...(description !== undefined && { description }),
        ...(metadataItem && { metadataJson: metadataItem.valueJson.slice(1, -1) }),
        aliases,
        entries: written,
        clientId: randomId(128),
        sequenceClientId: sequence,
      },
    });
  };

  const sync = (): void => {
    writeSummary();
    storage.sync();
    upload?.wake();
  };

  /** All that the log gets at the end. */
  const close = (exitCode: number): void => {
    if (isClosed) return;
    stopWatching();
    commit();
    const seconds = Math.round(runtime());
    book.summary.set([{ key: ['_wandb', 'runtime'], valueJson: String(seconds) }]);
    writeSummary();
    append({ exit: { exitCode, runtime: seconds } });
    isClosed = true;
    storage.sync();
  };

  const end = async (exitCode: number, timeout: number): Promise<FinishReport> => {
    guard(() => close(exitCode));
    const uploaded = await drained(timeout);
    guard(() => storage.close());
    return parts.report(book.rows, uploaded);
  };

  async function drained(timeout: number): Promise<Uploaded | undefined> {
    if (!upload) return undefined;
    const deadline = new AbortController();
    const stop = backgroundTimer(() => deadline.abort(), timeout);
    try {
      return await upload.drain(deadline.signal);
    } catch {
      return { uploadedRows: 0, complete: false };
    } finally {
      stop();
    }
  }

  /** No error of the logger reaches the program, unless it wants it. */
  function guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (parts.strict) throw error;
      say(`not everything is logged: ${messageOf(error)}`);
    }
  }
  /** What comes too late is told of and dropped. */
  function whileOpen(work: () => void): void {
    if (isClosed) say('what is logged after the end of the run is dropped');
    else guard(work);
  }

  // The console is listened to last: what is said here before is not the program's.
  const stopWatching = watch();

  function watch(): () => void {
    const captured = consoleCapture((stream, line) => {
      storage.append({
        output: { stream, timestamp: Date.now(), text: `${redact.text(line)}\n` },
      });
    });
    let isInside = false;
    const quietly = (work: () => void): void => {
      // What is said because of this must not come back here.
      if (isInside) return;
      isInside = true;
      guard(work);
      isInside = false;
    };
    const stopOutput = parts.console
      ? host.watchOutput((stream, text) => quietly(() => captured.add(stream, text)))
      : undefined;
    const stopStops = host.watchStops({
      onHandledSignal: () => quietly(sync),
      async onSignal(exitCode) {
        finishing ??= Promise.resolve(parts.flush?.()).then(
          () => end(exitCode, SIGNAL_TIMEOUT),
          () => end(exitCode, SIGNAL_TIMEOUT),
        );
        await finishing;
      },
      onExit: (exitCode) => quietly(() => close(exitCode)),
    });
    const measure = (): void => {
      const items = toItems(parts.stats(), warn);
      append({ stats: { timestamp: Date.now(), items } });
    };
    let stopStats: (() => void) | undefined;
    const measureLater = (seconds: number): void => {
      stopStats = backgroundTimer(() => {
        quietly(measure);
        measureLater(seconds);
      }, seconds * 1000);
    };
    if (parts.statsEvery !== undefined) {
      quietly(measure);
      measureLater(parts.statsEvery);
    }
    return () => {
      stopOutput?.();
      captured.end();
      stopStops();
      stopStats?.();
    };
  }

  return {
    id,
    project,
    mode,
    folder: storage.folder,
    get step() {
      return open?.step ?? book.step;
    },
    log(row, options) {
      whileOpen(() => log(row, options));
    },
    config(update) {
      whileOpen(() => writeConfig(redact.config(toItems(update, warn))));
    },
    summary(update) {
      whileOpen(() => {
        book.summary.set(redact.items(toItems(update, warn)));
        writeSummary();
      });
    },
    defineMetric(name, options = {}) {
      whileOpen(() => book.definitions.define(name, options));
    },
    file(path, bytes) {
      whileOpen(() => writeFiles([{ path: safePath(path), bytes }], 'other'));
    },
    alert(given) {
      whileOpen(() => alert(given));
    },
    artifact(given) {
      whileOpen(() => artifact(given));
    },
    state(): RunPosition {
      if (!isClosed) {
        // A checkpoint that survives the machine's end must find its place in the log.
        guard(() => {
          commit();
          storage.sync();
        });
      }
      return { id, step: book.step, offset: storage.bytes, folder: storage.name };
    },
    sync() {
      if (!isClosed) guard(sync);
    },
    finish(exitCode = 0) {
      finishing ??= end(exitCode, parts.finishTimeout);
      return finishing;
    },
  };
}

/** A path that stays below the run's folder. Throws where it doesn't. */
function safePath(path: string): string {
  const segments = path.split('/');
  if (path.includes('\\') || segments.some((part) => part === '' || part === '.' || part === '..'))
    throw new RangeError(`${JSON.stringify(path)} is no relative path with forward slashes`);
  return path;
}

/** So many characters from 36. They are no part of the training's random numbers. */
export function randomId(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte) => (byte % 36).toString(36)).join('');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
