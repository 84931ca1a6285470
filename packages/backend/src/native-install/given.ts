import { readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Failure } from './failure.ts';
import { findLibtensorflow } from './libtensorflow.ts';
import { sha256Of } from './wheel.ts';

/** A libtensorflow that the user named. */
export interface Given {
  readonly path: string;
  readonly isFolder: boolean;
  readonly source: string;
  readonly sha256: string;
  /** What it takes up unpacked, about. */
  readonly bytes: number;
}

/** Finds out what a path leads to; throws a Failure when that can't be a libtensorflow. */
export async function readGiven(path: string): Promise<Given> {
  // It would be resolved to the current folder.
  if (path === '')
    throw new Failure('usage', '--libtensorflow: "" is no path: give a folder or an archive');
  const full = resolve(path);
  const found = await stat(full).catch(() => undefined);
  if (found === undefined)
    throw new Failure('usage', `--libtensorflow: there is no ${full}: give a folder or an archive`);
  const isFolder = found.isDirectory();
  if (!isFolder && !/\.(tar(\.\w+)?|tgz|zip|whl)$/i.test(full))
    throw new Failure(
      'usage',
      `--libtensorflow: ${full} is neither a folder nor a .tar.gz, .tgz, .zip or .whl: give one of these`,
    );
  const file = isFolder ? await mainLibrary(full) : full;
  const sha256 = await sha256Of(file);
  // Archives of it shrink to about a quarter.
  const bytes = (await stat(file)).size * (isFolder ? 1.2 : 4);
  return { path: full, isFolder, source: `given-${sha256.slice(0, 12)}`, sha256, bytes };
}

async function mainLibrary(folder: string): Promise<string> {
  const found = await findLibtensorflow(folder);
  const names = found === undefined ? [] : await readdir(found.lib);
  const name =
    names.find((file) => /^libtensorflow\.(so|.*dylib)/.test(file)) ??
    names.find((file) => file.startsWith('libtensorflow_cc.'));
  if (found === undefined || name === undefined)
    throw new Failure(
      'usage',
      `--libtensorflow: ${folder} has no lib/libtensorflow.* with include/tensorflow/c/c_api.h: unpack https://www.tensorflow.org/install/lang_c or a tensorflow wheel, and give that folder`,
    );
  return realpath(join(found.lib, name));
}
