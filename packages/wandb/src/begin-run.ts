import { memoryStorage } from './memory-storage.ts';
import type { Platform } from './platform/platform.ts';
import { randomId } from './random-id.ts';
import { loadBook, type RunBook } from './run-book.ts';
import { runFolders } from './run-folder.ts';
import {
  runOpener,
  RunRefusedError,
  type Begun,
  type RunOpener,
  type RunOpenerParts,
} from './run-opener.ts';
import { serviceRun } from './service-run.ts';
import type { RunSettings } from './settings.ts';
import { unfinishedRun } from './unfinished-run.ts';
import type { RunPosition } from './wandb-run.ts';

/**
 * Finds or makes the place of a run: from a position, by its id and `resume`, or anew. Where there are no files that is
 * memory, and what the service has of the run is all there is.
 *
 * Rejects with a {@link RunRefusedError} where `resume` does not allow the run.
 */
export async function beginRun(
  settings: RunSettings,
  from: RunPosition | undefined,
  platform: Platform,
  newBook: () => RunBook,
  say: (text: string) => void,
): Promise<Begun> {
  const { dir, project, resume, mode } = settings;
  const isUploaded = mode === 'online';
  const onTrouble = (trouble: 'write' | 'dropped', reason: string): void =>
    say(
      trouble === 'write'
        ? `the log can't be written (${reason}): rows wait in memory until it can, the training goes on`
        : `rows are dropped, because the log can't be written: ${reason}`,
    );
  const anew: RunOpenerParts['anew'] = (id, resumed, start) => {
    const book = Object.assign(newBook(), start);
    if (from) loadBook(book, from.step, from.book);
    if (resumed && from?.lines && from.folder !== '') book.earlier = from.path ?? from.folder;
    const { metrics } = book.definitions.saved();
    return {
      id,
      book,
      goesOn: false,
      isKnown: false,
      resumed,
      base: resumed ? from?.lines : undefined,
      metrics,
    };
  };
  const { logFiles, folders } = platform;
  const opener =
    logFiles &&
    folders &&
    runOpener({ settings, anew, newBook, from, say, onTrouble, logFiles, folders });
  const begin: RunOpener['begin'] = (...run) =>
    opener?.begin(...run) ??
    Promise.resolve({ ...anew(...run), places: memoryStorage(onTrouble, isUploaded) });
  if (!opener && !isUploaded)
    say('there are no files here: only an online run is kept, which needs an apiKey');
  const here = (id?: string) =>
    runFolders(dir, folders?.list(`${dir}/wandb`) ?? [], id).filter(({ path, log }) =>
      folders?.list(path).some((name) => log.endsWith(`/${name}`)),
    );

  if (from) {
    const folder = here(from.id).find(({ path }) => path.endsWith(`/${from.folder}`));
    if (opener && folder) return opener.goOn(folder, from.offset);
    const begun = await begin(from.id, true);
    const { folder: path } = begun.places.storage;
    if (from.folder !== '' && path !== undefined)
      say(`the log in ${dir}/wandb/${from.folder} is missing: the run goes on in ${path}`);
    return begun;
  }

  const unfinished = async (): Promise<string | undefined> =>
    logFiles &&
    opener &&
    unfinishedRun({
      logFiles,
      folders: here(),
      project,
      hasWriter: (log) => opener.hasWriter(log),
      say,
    });
  const id = settings.id ?? (resume === 'auto' ? await unfinished() : undefined);
  if (id === undefined) {
    if (resume === 'must')
      throw new RunRefusedError(`openRun: resume is 'must', but there is no id`);
    return begin(randomId(8), false);
  }
  const [folder] = here(id);
  if (resume === undefined || resume === 'never') {
    if (!opener || !folder) return begin(id, false);
    if (resume === 'never')
      throw new RunRefusedError(
        `openRun: resume is 'never', but ${folder.path} has a run of the id ${id}`,
      );
    return opener.beginBeside(
      id,
      `${folder.path} has a run of the id ${id} already, which resume: 'allow' goes on with`,
    );
  }
  if (opener && folder) return opener.goOn(folder);
  const known = isUploaded ? await serviceRun(settings, id, say, platform.fetch) : undefined;
  if (resume === 'must' && (known === 'missing' || mode === 'offline'))
    throw new RunRefusedError(
      `openRun: resume is 'must', but ${mode === 'offline' ? dir : 'the service'} has no run of the id ${id}`,
    );
  if (known === undefined || known === 'missing')
    return begin(id, known === undefined && isUploaded);
  return begin(id, true, known);
}
