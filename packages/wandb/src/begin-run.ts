import { cutAckedText, noLines, type LineCounts } from './acked.ts';
import { readEarlierRun, type EarlierRun } from './earlier-run.ts';
import { writerWatch } from './has-writer.ts';
import { LogInUseError } from './log-errors.ts';
import { messageOf } from './message-of.ts';
import type { Platform } from './platform/platform.ts';
import { randomId } from './random-id.ts';
import type { MetricRecord } from './record.ts';
import { loadBook, runBook, type RunBook } from './run-book.ts';
import { runFolder, runFolders, type RunFolder } from './run-folder.ts';
import { ackedFileOf, cutAcked, folderStorage, localFiles } from './folder-storage.ts';
import { memoryStorage, type EarlierPart } from './memory-storage.ts';
import type { RunPlaces } from './run-places.ts';
import { serviceRun } from './service-run.ts';
import type { RunSettings } from './settings.ts';
import type { RunPosition } from './wandb-run.ts';

/** `resume` does not allow the run: there is none of the id, or there is one. */
export class RunRefusedError extends Error {
  override readonly name = 'RunRefusedError';
}

/** Where a run is written. */
export interface Begun {
  readonly id: string;
  readonly places: RunPlaces;
  /** Its log is one that was there. */
  readonly goesOn: boolean;
  /** It began elsewhere. */
  readonly resumed: boolean;
  /** Lines that the service holds before those of a new log; undefined where that is to be asked. */
  readonly base: LineCounts | undefined;
  /** Metrics that an earlier log defines and a new one has to. */
  readonly metrics?: readonly MetricRecord[];
}

/**
 * Finds or makes the place of a run: from a position, by its id and `resume`, or anew. Fills the book with what is there.
 *
 * Rejects with a {@link RunRefusedError} where `resume` does not allow the run.
 */
export async function beginRun(
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
  const isUploaded = settings.mode === 'online';
  const { logFiles, folders } = platform;
  if (!logFiles || !folders) {
    if (!isUploaded)
      say('there are no files here: only an online run is kept, which needs an apiKey');
    const id = from?.id ?? settings.id ?? randomId(8);
    if (from) loadBook(book, from.step, from.book);
    return {
      id,
      places: memoryStorage(onTrouble, isUploaded),
      goesOn: false,
      resumed: from !== undefined,
      base: from?.lines,
      metrics: book.definitions.saved().metrics,
    };
  }

  const { dir, project } = settings;
  const inMemory = ({ path }: RunFolder, error: unknown, earlier?: EarlierPart): RunPlaces => {
    say(
      `${path} can't be written (${messageOf(error)}): ${isUploaded ? 'the run is uploaded from memory' : 'nothing of the run is kept'}`,
    );
    return memoryStorage(onTrouble, isUploaded, earlier);
  };
  const hasWriter = writerWatch(logFiles, (log) =>
    say(`a process of another machine may be writing ${log}: waiting for its signs of life`),
  );
  /** The right to write a log; where the sinks see to that themselves, everybody has it until then. */
  const claim = async ({ log }: RunFolder): Promise<() => Promise<void>> => {
    const unlock = logFiles.claim ? await logFiles.claim(log) : () => Promise.resolve();
    if (!unlock) throw new LogInUseError(log, logFiles.whoWrites?.(log) ?? 'another page');
    return unlock;
  };
  const goOn = async (folder: RunFolder & { id: string }, until?: number): Promise<Begun> => {
    if (await hasWriter(folder.log)) return taken(folder);
    const { id, log } = folder;
    let unlock: (() => Promise<void>) | undefined;
    let earlier: EarlierRun;
    try {
      unlock = await claim(folder);
      await logFiles.load?.(log);
      earlier = readEarlierRun(logFiles.read(log), book, until);
    } catch (error) {
      await unlock?.();
      if (error instanceof LogInUseError) return taken(folder);
      say(
        `the log in ${folder.path} can't be read (${messageOf(error)}): the run goes on in another folder`,
      );
      if (from) loadBook(book, from.step, from.book);
      return begun(id, true, from?.lines);
    }
    if (until !== undefined && earlier.offset < until)
      say(`the log in ${folder.path} is shorter than the checkpoint says: it goes on at its end`);
    const goesOn = { id, goesOn: true, resumed: true, base: undefined };
    try {
      cutAcked(folders, folder, id, earlier);
      const places = folderStorage(logFiles, folders, folder, onTrouble, {
        goOn: earlier,
        unlock,
      });
      return { ...goesOn, places };
    } catch (error) {
      await unlock();
      if (!(error instanceof LogInUseError))
        return {
          ...goesOn,
          places: inMemory(folder, error, {
            source: logFiles.read(log),
            local: localFiles(folders, folder),
            acked: cutAckedText(folders.readText(ackedFileOf(folder)), id, earlier),
            end: earlier,
          }),
        };
      // Another log begins.
      book.config.clear();
      const { metrics } = earlier;
      Object.assign(book, { rows: 0, lines: { ...noLines }, step: 0, runtime: 0, base: noLines });
      return { ...(await taken(folder)), metrics };
    }
  };
  const taken = (folder: RunFolder & { id: string }): Promise<Begun> => {
    const who = logFiles.whoWrites?.(folder.log);
    const why = `another process is writing ${folder.path}${who === undefined ? '' : ` (${who})`}`;
    if (settings.resume === 'must')
      throw new RunRefusedError(`openRun: resume is 'must', but ${why}`);
    return begunBeside(folder, why);
  };
  const begun = async (id: string, resumed: boolean, base?: LineCounts): Promise<Begun> => {
    const folder = runFolder(dir, id, new Date());
    const rest = { id, goesOn: false, resumed, base, metrics: book.definitions.saved().metrics };
    let unlock: (() => Promise<void>) | undefined;
    try {
      unlock = await claim(folder);
      return { ...rest, places: folderStorage(logFiles, folders, folder, onTrouble, { unlock }) };
    } catch (error) {
      await unlock?.();
      // It has come since the folders were listed.
      if (error instanceof LogInUseError || codeOf(error) === 'EEXIST')
        return taken({ ...folder, id });
      return { ...rest, places: inMemory(folder, error) };
    }
  };
  const begunBeside = ({ id }: { readonly id: string }, why: string): Promise<Begun> => {
    const other = `${id}-${randomId(4)}`;
    say(`${why}, and two runs of one id would be one at the service: this one is ${other}`);
    if (from) loadBook(book, from.step, from.book);
    return begun(other, false);
  };
  /** The newest run of the project here that has no exit of 0, and nobody who writes it. */
  const unfinished = async (folders: readonly (RunFolder & { id: string })[]) => {
    for (const folder of folders) {
      const earlier = await projectOf(folder);
      if (earlier?.project !== project || (await hasWriter(folder.log))) continue;
      return earlier.exitCode === 0 ? undefined : folder.id;
    }
    return undefined;
  };
  const projectOf = async (folder: RunFolder): Promise<EarlierRun | undefined> => {
    try {
      await logFiles.load?.(folder.log);
      return readEarlierRun(
        logFiles.read(folder.log),
        runBook(() => undefined),
      );
    } catch (error) {
      say(`the log in ${folder.path} can't be read (${messageOf(error)}): it is passed over`);
      return undefined;
    }
  };
  const here = (id?: string) =>
    runFolders(dir, folders.list(`${dir}/wandb`), id).filter(({ path, log }) =>
      folders.list(path).some((name) => log.endsWith(`/${name}`)),
    );

  if (from) {
    const folder = here(from.id).find(({ path }) => path.endsWith(`/${from.folder}`));
    if (folder) {
      // What the log says of it is no less, but for names that are yet to come.
      if (from.book) book.definitions.load({ ...from.book.definitions, metrics: [] });
      return goOn(folder, from.offset);
    }
    loadBook(book, from.step, from.book);
    const goesOn = await begun(from.id, true, from.lines);
    const { folder: path } = goesOn.places.storage;
    if (from.folder !== '' && path !== undefined)
      say(`${dir}/wandb has no folder ${from.folder}: the run goes on in ${path}`);
    return goesOn;
  }

  const { resume, mode } = settings;
  const id = settings.id ?? (resume === 'auto' ? await unfinished(here()) : undefined);
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
    return begunBeside(
      { id },
      `${folder.path} has a run of the id ${id} already, which resume: 'allow' goes on with`,
    );
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

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown } | undefined)?.code;
}
