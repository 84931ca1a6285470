import { existsSync } from 'node:fs';
import { mkdir, open, rmdir, unlink } from 'node:fs/promises';
import { dirname, join, parse, resolve } from 'node:path';
import { errorLine } from './error-line.ts';

/** Where the figures and the chart are written. */
export interface OutFiles {
  readonly figures: string;
  readonly chart: string;
}

/**
 * The files of `--out`, which can be written: the folders that were missing are there afterwards, the files are as they
 * were. Throws where one can't be written, and leaves no folder then.
 */
export async function outFiles(out: string): Promise<OutFiles> {
  const { dir, name } = parse(out);
  const files = { figures: out, chart: join(dir, `${name}.svg`) };
  if (resolve(files.figures) === resolve(files.chart))
    throw new RangeError(`--out must not end in .svg, as the chart beside it does, got ${out}`);
  const made: string[] = [];
  try {
    // One by one: a recursive mkdir of Node never ends in /proc.
    for (const folder of missingFolders(out)) {
      await mkdir(folder);
      made.unshift(folder);
    }
    for (const file of Object.values(files)) await tryToWrite(file);
  } catch (error) {
    for (const folder of made) await rmdir(folder).catch(() => undefined);
    throw new Error(`--out must be a file that can be written, got ${out} (${errorLine(error)})`, {
      cause: error,
    });
  }
  return files;
}

/** The folders above a file that don't exist, the outermost first. */
function missingFolders(file: string): string[] {
  const folders: string[] = [];
  for (let at = dirname(resolve(file)); !existsSync(at); at = dirname(at)) folders.unshift(at);
  return folders;
}

async function tryToWrite(file: string): Promise<void> {
  const existed = existsSync(file);
  await (await open(file, 'a')).close();
  if (!existed) await unlink(file);
}
