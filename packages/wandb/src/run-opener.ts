import { ackedFileOf, cutAckedText, type LineCounts } from './acked.ts';
import { readEarlierRun, type EarlierRun } from './earlier-run.ts';
import { cutAcked, folderStorage, localFiles, syncedMarkOf } from './folder-storage.ts';
import { writerWatch } from './has-writer.ts';
import { LogInUseError } from './log-errors.ts';
import { memoryStorage, type EarlierPart } from './memory-storage.ts';
import { messageOf } from './message-of.ts';
import type { Files } from './platform/platform.ts';
import { randomId } from './random-id.ts';
import type { MetricRecord } from './record.ts';
import type { RunBook } from './run-book.ts';
import { runFolder, type RunFolder } from './run-folder.ts';
import type { OnTrouble, RunPlaces } from './run-places.ts';
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
  /** What is there of it already. */
  readonly book: RunBook;
  /** Its log is one that was there, and names it. */
  readonly goesOn: boolean;
  /** The service has, or may have, something of its log. */
  readonly isKnown: boolean;
  /** It began elsewhere. */
  readonly resumed: boolean;
  /** Lines that the service holds before those of a new log; undefined where that is to be asked. */
  readonly base: LineCounts | undefined;
  /** Metrics that an earlier log defines and a new one has to. */
  readonly metrics: readonly MetricRecord[];
}

/** Where a run's next row is. */
export type RunStart = Pick<RunBook, 'step' | 'runtime'>;

/** Opens the places of runs where there are files: memory takes what these don't. */
export interface RunOpener {
  /** Whether somebody writes a log. */
  hasWriter(log: string): Promise<boolean>;
  /** Begins a log, where the run is known to be elsewhere as well. */
  begin(id: string, resumed: boolean, start?: RunStart): Promise<Begun>;
  /** Begins a run of another id, and says why. */
  beginBeside(id: string, why: string): Promise<Begun>;
  /** Goes on in a log, up to an offset or as far as it is whole. */
  goOn(folder: RunFolder & { readonly id: string }, until?: number): Promise<Begun>;
}

/** What {@link runOpener} works with. */
export interface RunOpenerParts extends Files {
  readonly settings: RunSettings;
  readonly from: RunPosition | undefined;
  /** Begins a run of which nothing is here. */
  readonly anew: (id: string, resumed: boolean, start?: RunStart) => Omit<Begun, 'places'>;
  readonly newBook: () => RunBook;
  readonly say: (text: string) => void;
  readonly onTrouble: OnTrouble;
}

/** All of it rejects with a {@link RunRefusedError} where there is another writer and `resume` is `'must'`. */
export function runOpener(parts: RunOpenerParts): RunOpener {
  const { settings, from, anew, newBook, say, onTrouble, logFiles, folders } = parts;
  const isUploaded = settings.mode === 'online';
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
  const isKnown = ({ path, log }: RunFolder): boolean =>
    folders
      .list(path)
      .some((name) => [ackedFileOf(log), syncedMarkOf(log)].includes(`${path}/${name}`));
  const goOn = async (folder: RunFolder & { id: string }, until?: number): Promise<Begun> => {
    if (await hasWriter(folder.log)) return taken(folder);
    const { id, log } = folder;
    // It is the run's once the log is: what goes wrong on the way leaves nothing in the book of another log.
    const book = newBook();
    // What the log says of it is no less, but for names that are yet to come.
    if (from?.book) book.definitions.load({ ...from.book.definitions, metrics: [] });
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
      return begin(id, true);
    }
    if (until !== undefined && earlier.offset < until)
      say(`the log in ${folder.path} is shorter than the checkpoint says: it goes on at its end`);
    // Whoever dies while they begin a run leaves a log that does not name it.
    const begun =
      earlier.project === undefined
        ? anew(id, true)
        : {
            id,
            book,
            goesOn: true,
            isKnown: isKnown(folder),
            resumed: true,
            base: undefined,
            metrics: [],
          };
    try {
      cutAcked(folders, folder, id, earlier);
      const places = folderStorage(logFiles, folders, folder, onTrouble, {
        goOn: earlier,
        unlock,
      });
      return { ...begun, places };
    } catch (error) {
      await unlock();
      if (error instanceof LogInUseError) return taken(folder);
      const source = logFiles.read(log);
      const isCut = until !== undefined && source.read(earlier.offset, new Uint8Array(1)) > 0;
      return {
        ...begun,
        places: inMemory(folder, error, {
          left: { folder: folder.path, rows: earlier.lines.history, isCut },
          source,
          local: localFiles(folders, folder),
          acked: cutAckedText(folders.readText(ackedFileOf(folder.log)), id, earlier),
          end: earlier,
        }),
      };
    }
  };
  const taken = (folder: RunFolder & { id: string }): Promise<Begun> => {
    const isWritten = logFiles.writerOf(folder.log) !== undefined;
    const who = isWritten ? logFiles.whoWrites?.(folder.log) : undefined;
    const why = `another process ${isWritten ? 'is writing' : 'has written'} ${folder.path}${who === undefined ? '' : ` (${who})`}`;
    if (settings.resume === 'must')
      throw new RunRefusedError(`openRun: resume is 'must', but ${why}`);
    return beginBeside(folder.id, why);
  };
  const begin = async (id: string, resumed: boolean, start?: RunStart): Promise<Begun> => {
    const folder = runFolder(settings.dir, id, new Date());
    const begun = anew(id, resumed, start);
    let unlock: (() => Promise<void>) | undefined;
    try {
      unlock = await claim(folder);
      return { ...begun, places: folderStorage(logFiles, folders, folder, onTrouble, { unlock }) };
    } catch (error) {
      await unlock?.();
      // It has come since the folders were listed.
      if (error instanceof LogInUseError || codeOf(error) === 'EEXIST')
        return taken({ ...folder, id });
      return { ...begun, places: inMemory(folder, error) };
    }
  };
  const beginBeside = (id: string, why: string): Promise<Begun> => {
    const other = `${id}-${randomId(4)}`;
    say(`${why}, and two runs of one id would be one at the service: this one is ${other}`);
    return begin(other, false);
  };
  return { hasWriter, begin, beginBeside, goOn };
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown } | undefined)?.code;
}
