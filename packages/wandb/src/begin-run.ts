import { noLines, sumOf, type LineCounts } from './acked.ts';
import { readEarlierRun, type EarlierRun } from './earlier-run.ts';
import { writerWatch } from './has-writer.ts';
import { LogInUseError } from './log-errors.ts';
import { messageOf } from './message-of.ts';
import type { Platform } from './platform/platform.ts';
import { randomId } from './random-id.ts';
import type { MetricRecord } from './record.ts';
import { runBook, type RunBook } from './run-book.ts';
import { runFolder, runFolders, type RunFolder } from './run-folder.ts';
import { cutAcked, folderStorage, memoryStorage, type RunPlaces } from './run-storage.ts';
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
    if (from) Object.assign(book, { step: from.step });
    return {
      id,
      places: memoryStorage(onTrouble, isUploaded),
      goesOn: false,
      resumed: from !== undefined,
      base: from?.lines,
    };
  }

  const { dir, project } = settings;
  const open = (folder: RunFolder): RunPlaces => {
    try {
      return folderStorage(logFiles, folders, folder, onTrouble);
    } catch (error) {
      return inMemory(folder, error);
    }
  };
  const inMemory = ({ path }: RunFolder, error: unknown): RunPlaces => {
    say(
      `${path} can't be written (${messageOf(error)}): ${isUploaded ? 'the run is uploaded from memory' : 'nothing of the run is kept'}`,
    );
    return memoryStorage(onTrouble, isUploaded);
  };
  const hasWriter = writerWatch(logFiles, (log) =>
    say(`a process of another machine may be writing ${log}: waiting for its signs of life`),
  );
  const goOn = async (folder: RunFolder & { id: string }, until?: number): Promise<Begun> => {
    if (await hasWriter(folder.log)) return taken(folder);
    let earlier: EarlierRun;
    try {
      earlier = readEarlierRun(logFiles.read(folder.log), book, until);
    } catch (error) {
      say(
        `the log in ${folder.path} can't be read (${messageOf(error)}): the run goes on in another folder`,
      );
      return begun(folder.id, true, from?.lines);
    }
    if (until !== undefined && earlier.offset < until)
      say(`the log in ${folder.path} is shorter than the checkpoint says: it goes on at its end`);
    const { id } = folder;
    try {
      cutAcked(folders, folder, id, earlier);
      const places = folderStorage(logFiles, folders, folder, onTrouble, earlier);
      return { id, places, goesOn: true, resumed: true, base: undefined };
    } catch (error) {
      // Another log begins.
      const base = book.base && sumOf(book.base, earlier.lines);
      const { metrics } = earlier;
      book.config.clear();
      Object.assign(book, { rows: 0, lines: { ...noLines } });
      if (error instanceof LogInUseError) {
        Object.assign(book, { step: 0, runtime: 0, base: noLines });
        return { ...taken(folder), metrics };
      }
      return { id, places: inMemory(folder, error), goesOn: false, resumed: true, base, metrics };
    }
  };
  const taken = (folder: RunFolder & { id: string }): Begun => {
    const who = logFiles.whoWrites?.(folder.log);
    const why = `another process is writing ${folder.path}${who === undefined ? '' : ` (${who})`}`;
    if (settings.resume === 'must')
      throw new RunRefusedError(`openRun: resume is 'must', but ${why}`);
    return begunBeside(folder, why);
  };
  const begun = (id: string, resumed: boolean, base?: LineCounts): Begun => ({
    id,
    places: open(runFolder(dir, id, new Date())),
    goesOn: false,
    resumed,
    base,
  });
  const begunBeside = ({ id }: { readonly id: string }, why: string): Begun => {
    const other = `${id}-${randomId(4)}`;
    say(`${why}, and two runs of one id would be one at the service: this one is ${other}`);
    if (from) Object.assign(book, { step: from.step });
    return begun(other, false);
  };
  /** The newest run of the project here that has no exit of 0, and nobody who writes it. */
  const unfinished = async (folders: readonly (RunFolder & { id: string })[]) => {
    for (const folder of folders) {
      const earlier = projectOf(folder);
      if (earlier?.project !== project || (await hasWriter(folder.log))) continue;
      return earlier.exitCode === 0 ? undefined : folder.id;
    }
    return undefined;
  };
  const projectOf = (folder: RunFolder): EarlierRun | undefined => {
    try {
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
    if (folder) return goOn(folder, from.offset);
    Object.assign(book, { step: from.step });
    return begun(from.id, true, from.lines);
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
