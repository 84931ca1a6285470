import * as tf from '@tensorflow/tfjs';
import { check } from '@tfloop/core';
import { platform as hostPlatform } from '#platform';
import { disabledRun } from './disabled-run.ts';
import { readEarlierRun, type EarlierRun } from './earlier-run.ts';
import { syncCommandOf, type FinishReport } from './finish-report.ts';
import { logRun, randomId, type RunUpload } from './log-run.ts';
import type { Platform } from './platform/platform.ts';
import { redaction } from './redact.ts';
import { runBook, type RunBook } from './run-book.ts';
import { runFolder, runFolders, type RunFolder } from './run-folder.ts';
import { cutAcked, folderStorage, memoryStorage, type RunPlaces } from './run-storage.ts';
import { sayer } from './say.ts';
import { serviceRun } from './service-run.ts';
import {
  checkRunOptions,
  RUN_OPTION_NAMES,
  settings as settingsOf,
  type RunOptions,
  type RunSettings,
} from './settings.ts';
import { uploader, type Uploader, type UploaderOptions } from './uploader.ts';
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

/** `resume` does not allow the run: there is none of the id, or there is one. */
export class RunRefusedError extends Error {
  override readonly name = 'RunRefusedError';
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
 * there is one. No other trouble is the program's: it is told of in one line. Where there are no files, as in a
 * browser, the log is in memory, and only an online run is kept.
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
  const settings = settingsOf(options, host);
  const say = sayer((line) => host.say(line), settings.silent);
  for (const remark of settings.remarks) say(remark);
  if (settings.mode === 'disabled') return disabledRun(settings, from);

  // Metrics that are defined by what an earlier process wrote are in the log already.
  let define: Parameters<typeof runBook>[0] = () => undefined;
  const book = runBook((metric) => {
    book.summary.define(metric);
    define(metric);
  });
  const begun = await begin(settings, from, platform, book, say);
  const { places, id, resumed } = begun;
  const { storage } = places;
  define = (metric) => storage.append({ metric });
  if (!begun.goesOn) {
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
        }),
        ...(settings.tags.length > 0 && { tags: settings.tags }),
        startTime: Date.now(),
        ...(resumed && { resumed, startingStep: book.step, runtime: Math.round(book.runtime) }),
      },
    });
    storage.append({ telemetry: { cliVersion: VERSION, platform: host.runtime } });
    storage.sync();
  }

  const syncCommand = storage.folder === undefined ? undefined : syncCommandOf(storage.folder);
  const uploads =
    settings.mode === 'online'
      ? startUpload(settings, places, syncCommand, say, { ...parts, platform })
      : undefined;

  return logRun({
    id,
    project: settings.project,
    entity: settings.entity,
    mode: settings.mode,
    strict,
    storage,
    book,
    upload: uploads && uploadOf(uploads),
    host,
    redact: redaction(settings.apiKey),
    say,
    statsEvery: stats === false ? undefined : stats,
    stats: () => ({ ...host.stats(), ...tensorStats() }),
    console,
    flush: parts.flush,
    finishTimeout: finishWithin * 1000,
    report: (rows, uploaded) =>
      reportOf({ rows, uploaded, waiting: places.waiting(), storage, syncCommand, say }),
  });
}

/** Where a run is written. */
interface Begun {
  readonly id: string;
  readonly places: RunPlaces;
  /** Its log is one that was there. */
  readonly goesOn: boolean;
  /** It began elsewhere. */
  readonly resumed: boolean;
}

async function begin(
  settings: RunSettings,
  from: RunPosition | undefined,
  platform: Platform,
  book: RunBook,
  say: (text: string) => void,
): Promise<Begun> {
  const onTrouble = (trouble: 'write' | 'dropped', reason: string): void =>
    say(
      trouble === 'write'
        ? `the log can't be written (${reason}): rows wait in memory until it can, the training goes on`
        : `rows are dropped, because the log can't be written: ${reason}`,
    );
  const { logFiles, folders } = platform;
  if (!logFiles || !folders) {
    if (settings.mode === 'offline')
      say('there are no files here: only an online run is kept, which needs an apiKey');
    const id = from?.id ?? settings.id ?? randomId(8);
    if (from) Object.assign(book, { step: from.step });
    return { id, places: memoryStorage(onTrouble), goesOn: false, resumed: from !== undefined };
  }

  const { dir, project } = settings;
  const open = (folder: RunFolder, earlier?: EarlierRun): RunPlaces => {
    try {
      return folderStorage(logFiles, folders, folder, onTrouble, earlier);
    } catch (error) {
      say(
        `${folder.path} can't be written (${error instanceof Error ? error.message : String(error)}): the run is in memory only`,
      );
      return memoryStorage(onTrouble);
    }
  };
  const goOn = (folder: RunFolder & { id: string }, until?: number): Begun => {
    const earlier = readEarlierRun(logFiles.read(folder.log), book, until);
    if (until !== undefined && earlier.offset < until)
      say(`the log in ${folder.path} is shorter than the checkpoint says: it goes on at its end`);
    cutAcked(folders, folder, folder.id, earlier);
    return { id: folder.id, places: open(folder, earlier), goesOn: true, resumed: true };
  };
  const begun = (id: string, resumed: boolean): Begun => ({
    id,
    places: open(runFolder(dir, id, new Date())),
    goesOn: false,
    resumed,
  });
  const here = (id?: string) =>
    runFolders(dir, folders.list(`${dir}/wandb`), id).filter(({ path, log }) =>
      folders.list(path).some((name) => log.endsWith(`/${name}`)),
    );

  if (from) {
    const folder = here(from.id).find(({ path }) => path.endsWith(`/${from.folder}`));
    if (folder) return goOn(folder, from.offset);
    Object.assign(book, { step: from.step });
    return begun(from.id, true);
  }

  const { resume, mode } = settings;
  const id = settings.id ?? (resume === 'auto' ? unfinished(here(), logFiles, project) : undefined);
  if (id === undefined) {
    if (resume === 'must')
      throw new RunRefusedError(`openRun: resume is 'must', but there is no id`);
    return begun(randomId(8), false);
  }
  const [folder] = here(id);
  if (resume === undefined || resume === 'never') {
    if (!folder) return begun(id, false);
    if (resume === 'never')
      throw new RunRefusedError(
        `openRun: resume is 'never', but ${folder.path} has a run of the id ${id}`,
      );
    const other = `${id}-${randomId(4)}`;
    say(
      `${folder.path} has a run of the id ${id} already, and two of one id would be one at the service: this one is ${other}; to go on with it set resume to 'allow'`,
    );
    return begun(other, false);
  }
  if (folder) return goOn(folder);
  const known = mode === 'online' ? await serviceRun(settings, id, say, platform.fetch) : undefined;
  if (resume === 'must' && (known === 'missing' || mode === 'offline'))
    throw new RunRefusedError(
      `openRun: resume is 'must', but ${mode === 'offline' ? dir : 'the service'} has no run of the id ${id}`,
    );
  if (known === undefined || known === 'missing')
    return begun(id, known === undefined && mode === 'online');
  Object.assign(book, known);
  return begun(id, true);
}

/** The newest run of the project here that has no exit of 0. */
function unfinished(
  folders: readonly (RunFolder & { id: string })[],
  logFiles: NonNullable<Platform['logFiles']>,
  project: string,
): string | undefined {
  for (const folder of folders) {
    const earlier = readEarlierRun(
      logFiles.read(folder.log),
      runBook(() => undefined),
    );
    if (earlier.project === project) return earlier.exitCode === 0 ? undefined : folder.id;
  }
  return undefined;
}

function startUpload(
  settings: RunSettings,
  { records, acked, local }: RunPlaces,
  syncCommand: string | undefined,
  say: (text: string) => void,
  { platform, timing, onStopped }: OpenRunParts,
): Uploader | undefined {
  const { baseUrl, apiKey, resume } = settings;
  try {
    const started = uploader({
      reader: records(),
      acked,
      local,
      baseUrl,
      apiKey: () => apiKey() ?? '',
      ...(platform?.fetch && { fetch: platform.fetch }),
      syncCommand: syncCommand ?? 'wandb sync',
      ...(resume === 'never' && { resume }),
      warn: say,
      onConnected: ({ entity, project, name }) =>
        say(
          `${appUrl(baseUrl)}/${[entity, project].map(encodeURIComponent).join('/')}/runs/${encodeURIComponent(name)}`,
        ),
      ...(timing && { timing }),
      ...(onStopped && { onStopped }),
    });
    started.start();
    return started;
  } catch (error) {
    say(`nothing is uploaded: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

function uploadOf(upload: Uploader): RunUpload {
  return {
    wake: () => upload.wake(),
    drain: (signal) => upload.drain(signal),
  };
}

function appUrl(baseUrl: string): string {
  return baseUrl === 'https://api.wandb.ai' ? 'https://wandb.ai' : baseUrl;
}

function reportOf({
  rows,
  uploaded,
  waiting,
  storage,
  syncCommand,
  say,
}: {
  readonly rows: number;
  readonly uploaded: { readonly uploadedRows: number; readonly complete: boolean } | undefined;
  readonly waiting: number;
  readonly storage: RunPlaces['storage'];
  readonly syncCommand: string | undefined;
  readonly say: (text: string) => void;
}): FinishReport {
  const uploadedRows = uploaded?.uploadedRows ?? 0;
  const pendingRows = rows - uploadedRows;
  const isComplete = uploaded?.complete ?? false;
  if (waiting > 0 && !isComplete)
    say(`${waiting} records could not be written to ${storage.folder ?? 'memory'}, and are lost`);
  if (isComplete) return { rows, uploadedRows, pendingRows, syncCommand: undefined };
  const which = uploaded ? `${pendingRows} of ${rows} rows are not uploaded` : `${rows} rows`;
  if (syncCommand !== undefined) say(`${which}; upload them with: ${syncCommand}`);
  return { rows, uploadedRows, pendingRows, syncCommand };
}

/** What the tensors of the program take. */
function tensorStats(): Record<string, number> {
  const { numTensors, numBytes } = tf.memory();
  return { 'tensors.count': numTensors, 'tensors.memoryMB': numBytes / 2 ** 20 };
}

function defined<T extends Record<string, string | undefined>>(
  values: T,
): Record<keyof T & string, string> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Record<keyof T & string, string>;
}
