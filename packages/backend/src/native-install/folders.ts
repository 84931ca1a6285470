import { constants } from 'node:fs';
import {
  copyFile,
  link,
  lstat,
  mkdir,
  readdir,
  readlink,
  rm,
  stat,
  statfs,
  symlink,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from './failure.ts';
import { megabytes } from './reporter.ts';

/** Whether something is there, a dangling link included. */
export async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Bytes of all files below a folder; what vanishes meanwhile counts nothing. */
export async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const sizes = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sizeOf(path);
    return lstat(path).then(
      ({ size }) => size,
      () => 0,
    );
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Makes `target` the same tree as `source`, by hard links where the file system has them, else by copies. */
export async function linkTree(source: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const entry of await readdir(source, { withFileTypes: true })) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    if (entry.isDirectory()) await linkTree(from, to);
    else if (entry.isSymbolicLink()) await symlink(await readlink(from), to);
    else await link(from, to).catch(async () => copyFile(from, to, constants.COPYFILE_FICLONE));
  }
}

/** The nearest folder at or above `path` that is there. */
export async function nearest(path: string): Promise<string> {
  return (await exists(path)) || dirname(path) === path ? path : nearest(dirname(path));
}

/** Whether two paths, there or to be, lie on one file system, so that links and renames work between them. */
export async function sameFileSystem(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all(
    [one, other].map(async (path) => stat(await nearest(path))),
  );
  return first?.dev === second?.dev;
}

/** Throws a Failure where fewer than `bytes` are free, naming the folder and what to do. */
export async function needSpace(folder: string, bytes: number, remedy: string): Promise<void> {
  const { bavail, bsize } = await statfs(await nearest(folder));
  const free = bavail * bsize;
  if (free < bytes)
    throw new Failure(
      'space',
      `there is no room in ${folder}: ${megabytes(free)} are free and ${megabytes(bytes)} are needed; ${remedy}`,
    );
}

/**
 * Removes what processes that are gone left behind: entries of `folder` named `<prefix><pid>-…`.
 */
export async function removeLeftovers(folder: string, prefix: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = Number(name.startsWith(prefix) ? name.slice(prefix.length).split('-', 1)[0] : NaN);
    if (Number.isInteger(pid) && pid > 0 && !isAlive(pid))
      await rm(join(folder, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
