import { access, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { backendName } from './environment.ts';
import { NAMING, UsageError, type Options } from './options.ts';
import { difference, differentSettings } from './other-study.ts';
import { readResults } from './read-results.ts';
import type { Results } from './results.ts';
import type { StudySettings } from './settings.ts';
import { count } from './text.ts';

/** A study to begin or to go on with. */
export interface Study {
  readonly settings: StudySettings;
  readonly backend: Options['backend'];
  /** Undefined for a new one. */
  readonly folder: string | undefined;
  /** Its results so far, where it is gone on with. */
  readonly earlier: Results | undefined;
}

/** The folder of a study's checkpoints. */
export function checkpointsOf(folder: string): string {
  return join(folder, 'checkpoints');
}

/** Finds the study that the options are about. Throws a UsageError where its folder is of another study, or of none. */
export async function findStudy(options: Options): Promise<Study> {
  if (options.resume !== undefined) return studyIn(options.resume, options);
  const { settings, backend, out: folder } = options;
  if (folder !== undefined) await refuseTaken(folder);
  return { settings, backend, folder, earlier: undefined };
}

async function studyIn(folder: string, { settings: given, backend }: Options): Promise<Study> {
  const earlier = await resultsIn(folder);
  const { settings, environment } = earlier;
  const used = backendName(environment);
  const different = [
    ...differentSettings(settings, given, NAMING.nameOf),
    ...(backend === undefined ? [] : difference('--backend', used, backend)),
  ];
  if (different.length > 0)
    throw new UsageError(
      `tfloop-study: --resume must be left to the settings of the study in ${JSON.stringify(folder)}:\n` +
        `  ${different.join('\n  ')}\nLeave these options out, or begin another study in a folder of its own.`,
    );
  // Another back end would compute other last bits. One that has no name here is for runStudy to find active.
  const known = (['native', 'wasm', 'cpu'] as const).find((name) => name === used);
  return { settings, backend: known, folder, earlier };
}

async function resultsIn(folder: string): Promise<Results> {
  try {
    return await readResults(folder);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      code === undefined ? message : `it has no results.json that can be read (${code})`;
    throw new UsageError(
      `tfloop-study: --resume must be the folder of a study, got ${JSON.stringify(folder)}: ${reason}`,
    );
  }
}

/** What a study writes, and a new one would write over. */
const FILES = ['results.json', 'results.csv', 'report.html', 'checkpoints'];

async function refuseTaken(folder: string): Promise<void> {
  const found = await Promise.all(FILES.map((file) => exists(join(folder, file))));
  const file = FILES.find((_, i) => found[i]);
  if (file === undefined) return;
  const { runs, planned } = await readResults(folder).catch(() => ({ runs: [], planned: 0 }));
  const complete = runs.filter(({ status }) => status === 'complete').length;
  const held = planned > 0 ? `${complete} of ${count(planned, 'run')}` : file;
  throw new UsageError(
    `tfloop-study: --out must be a folder without results, got ${JSON.stringify(folder)}, which holds ${held}; ` +
      `${planned > 0 ? 'go on with them by --resume, or ' : ''}name another folder`,
  );
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Makes the folder of a study: the one that was asked for, or a new one in `runs/`. */
export async function makeFolder(folder: string | undefined): Promise<string> {
  if (folder === undefined) return newFolder(join('runs', `study-${timestamp()}`));
  try {
    await mkdir(folder, { recursive: true });
    return folder;
  } catch (error) {
    throw new UsageError(
      `tfloop-study: --out must be a folder that can be made, got ${JSON.stringify(folder)} (${(error as Error).message})`,
    );
  }
}

/** Two studies may begin in one second. */
async function newFolder(wanted: string): Promise<string> {
  await mkdir(dirname(wanted), { recursive: true });
  for (let folder = wanted, i = 2; ; folder = `${wanted}-${i++}`) {
    try {
      await mkdir(folder);
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** Local time as digits that sort. */
function timestamp(now = new Date()): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  return `${day}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
}
