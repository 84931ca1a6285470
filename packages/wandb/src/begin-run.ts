import { readEarlierRun, type EarlierRun } from './earlier-run.ts';
import { memoryStorage } from './memory-storage.ts';
import { messageOf } from './message-of.ts';
import type { Platform } from './platform/platform.ts';
import { randomId } from './random-id.ts';
import { loadBook, runBook, type RunBook } from './run-book.ts';
import { runFolders, type RunFolder } from './run-folder.ts';
import { runOpener, RunRefusedError, type Begun } from './run-opener.ts';
import { serviceRun } from './service-run.ts';
import type { RunSettings } from './settings.ts';
import type { RunPosition } from './wandb-run.ts';

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
  const opener = runOpener({
    settings,
    from,
    book,
    say,
    onTrouble,
    logFiles,
    folders,
  });
  /** The newest run of the project here that has no exit of 0, and nobody who writes it. */
  const unfinished = async (folders: readonly (RunFolder & { id: string })[]) => {
    for (const folder of folders) {
      const earlier = await projectOf(folder);
      if (earlier?.project !== project || (await opener.hasWriter(folder.log))) continue;
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
      return opener.goOn(folder, from.offset);
    }
    loadBook(book, from.step, from.book);
    const goesOn = await opener.begin(from.id, true, from.lines);
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
    return opener.begin(randomId(8), false);
  }
  const [folder] = here(id);
  if (resume === undefined || resume === 'never') {
    if (!folder) return opener.begin(id, false);
    if (resume === 'never')
      throw new RunRefusedError(
        `openRun: resume is 'never', but ${folder.path} has a run of the id ${id}`,
      );
    return opener.beginBeside(
      id,
      `${folder.path} has a run of the id ${id} already, which resume: 'allow' goes on with`,
    );
  }
  if (folder) return opener.goOn(folder);
  const known = mode === 'online' ? await serviceRun(settings, id, say, platform.fetch) : undefined;
  if (resume === 'must' && (known === 'missing' || mode === 'offline'))
    throw new RunRefusedError(
      `openRun: resume is 'must', but ${mode === 'offline' ? dir : 'the service'} has no run of the id ${id}`,
    );
  if (known === undefined || known === 'missing')
    return opener.begin(id, known === undefined && mode === 'online');
  Object.assign(book, known);
  return opener.begin(id, true);
}
