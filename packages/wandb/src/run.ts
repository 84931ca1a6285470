import * as tf from '@tensorflow/tfjs';
import { check } from '@tfloop/core';
import { platform as hostPlatform } from '#platform';
import { beginRun } from './begin-run.ts';
import { disabledRun } from './disabled-run.ts';
import { finishReport, syncCallOf } from './finish-report.ts';
import { logRun } from './log-run.ts';
import type { Platform } from './platform/platform.ts';
import { tellOfLeft, withFiles } from './platform/with-files.ts';
import { redaction } from './redact.ts';
import { redactedStorage } from './redacted-storage.ts';
import { runBook, type RunBook } from './run-book.ts';
import { startUpload } from './run-upload.ts';
import { sayer } from './say.ts';
import {
  checkMust,
  checkRunOptions,
  RUN_OPTION_NAMES,
  settings as settingsOf,
  type RunOptions,
} from './settings.ts';
import type { UploaderOptions } from './uploader.ts';
import { VERSION } from './version.ts';
import type { RunPosition, WandbRun } from './wandb-run.ts';

/** Options of {@link openRun}. */
export interface OpenRunOptions extends RunOptions {
  /** Keeps what the program prints as well. @default true */
  readonly console?: boolean;
  /** Seconds between two measurements of process and machine, or false for none. @default 15 */
  readonly stats?: number | false;
  /** Seconds that `finish` waits for the service at most. @default 30 */
  readonly finishWithin?: number;
  /** Throws errors of logging instead of telling of them. @default false */
  readonly strict?: boolean;
  /** Goes on exactly where a run was, and drops what was logged after that. */
  readonly from?: RunPosition;
}

/** What a run works with besides its options. */
export interface OpenRunParts {
  readonly platform?: Platform;
  readonly timing?: UploaderOptions['timing'];
  readonly onStopped?: () => void;
  /** Logs what is on its way, before a signal ends the process. */
  readonly flush?: () => Promise<void>;
}

/** The names of {@link OpenRunOptions}. */
export const OPEN_RUN_OPTION_NAMES: readonly (keyof OpenRunOptions)[] = [
  ...RUN_OPTION_NAMES,
  'console',
  'stats',
  'finishWithin',
  'strict',
  'from',
];

/** Throws a RangeError or TypeError where an option can't be. `owner` is who was given them. */
export function checkOpenRunOptions(owner: string, options: OpenRunOptions): void {
  checkRunOptions(owner, options);
  const { console, stats, finishWithin, strict } = options;
  if (console !== undefined) check.oneOf(owner, 'console', console, [true, false]);
  if (strict !== undefined) check.oneOf(owner, 'strict', strict, [true, false]);
  if (stats !== undefined && stats !== false) check.number(owner, 'stats', stats, { min: 0.1 });
  if (finishWithin !== undefined)
    check.number(owner, 'finishWithin', finishWithin, { min: 0, max: 86_400 });
}

/**
 * Opens a run: what it logs goes to the official client's log in `wandb/offline-run-<time>-<id>` first, and from there,
 * in mode `'online'`, to the service in the background.
 *
 * Rejects on an option that can't be, and with a {@link RunRefusedError} where `resume` is `'must'` and there is no run of the id, or `'never'` and
 * there is one. No other trouble is the program's: it is told of in one line. Where there are no files, the log
 * is in memory, and only an online run is kept.
 */
export async function openRun(
  options: OpenRunOptions = {},
  parts: OpenRunParts = {},
): Promise<WandbRun> {
  const { platform = hostPlatform } = parts;
  check.known('openRun', options, OPEN_RUN_OPTION_NAMES);
  checkOpenRunOptions('openRun', options);
  const { console = true, stats = 15, finishWithin = 30, strict = false, from } = options;
  const { host } = platform;
  if (from === undefined) checkMust('openRun', options, host);
  const settings = settingsOf(options, host);
  const redact = redaction(settings.apiKey);
  const say = sayer((line) => host.say(redact.text(line)), settings.silent);
  for (const remark of settings.remarks) say(remark);
  if (settings.mode === 'disabled') return disabledRun(settings, from);

  // Metrics that are defined by what an earlier process wrote are in the log already.
  let define: Parameters<typeof runBook>[0] = () => undefined;
  const newBook = (): RunBook => {
    const book = runBook((metric) => {
      book.summary.define(metric);
      define(metric);
    });
    return book;
  };
  // Whoever is killed between a log's creation and its first record leaves one that names no run.
  const git = settings.git ? await host.git() : undefined;
  const withThem = await withFiles(platform, settings.dir, say);
  const begun = await beginRun(settings, from, withThem, newBook, say);
  const { places, book, id, resumed } = begun;
  const storage = redactedStorage(places.storage, redact);
  if (platform.openFiles)
    tellOfLeft(withThem, settings.dir, storage.folder ?? places.left?.folder, say);
  define = (metric) => storage.append({ metric });
  if (!begun.goesOn) {
    if (resumed) book.base = begun.base;
    storage.append({ header: { producer: `tfloop ${VERSION}` } });
    storage.append({
      run: {
        runId: id,
        project: settings.project,
        ...defined({
          entity: settings.entity,
          displayName: settings.name,
          group: settings.group,
          jobType: settings.jobType,
          notes: settings.notes,
          host: host.name,
          git,
        }),
        ...(settings.tags.length > 0 && { tags: settings.tags }),
        startTime: Date.now(),
        ...(resumed && { resumed, startingStep: book.step, runtime: Math.round(book.runtime) }),
        ...(begun.base && { base: begun.base }),
        ...(book.earlier !== undefined && { earlier: book.earlier }),
      },
    });
    for (const metric of begun.metrics) storage.append({ metric });
    storage.append({ telemetry: { cliVersion: VERSION, platform: host.runtime } });
    storage.sync();
  }

  // The official client would put these rows behind all that the service has, or pass over what it has uploaded once.
  const isPart =
    settings.mode === 'online' ||
    begun.isKnown ||
    book.base === undefined ||
    Object.values(book.base).some((count) => count > 0);
  const syncCommand = isPart ? syncCallOf : (folder: string) => host.syncCommand(folder);

  return logRun({
    id,
    project: settings.project,
    entity: settings.entity,
    mode: settings.mode,
    strict,
    storage,
    book,
    upload:
      settings.mode === 'online'
        ? startUpload(settings, places, say, {
            // Rows in memory can't wait for somebody to upload others.
            earlierIsLost: storage.folder === undefined,
            ...defined({ fetch: platform.fetch, timing: parts.timing, onStopped: parts.onStopped }),
          })
        : undefined,
    host,
    redact,
    say,
    statsEvery: stats === false ? undefined : stats,
    stats: () => ({ ...host.stats(), ...tensorStats() }),
    console,
    flush: parts.flush,
    finishTimeout: finishWithin * 1000,
    report: (rows, uploaded) =>
      finishReport(
        {
          rows,
          uploaded,
          unkept: places.unkept(),
          folder: storage.folder,
          left: places.left,
          earlier: book.earlier,
          syncCommand,
        },
        say,
      ),
  });
}

/** What the tensors of the program take. */
function tensorStats(): Record<string, number> {
  const { numTensors, numBytes } = tf.memory();
  return { 'tensors.count': numTensors, 'tensors.memoryMB': numBytes / 2 ** 20 };
}

/** Without the members that are undefined. */
function defined<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
