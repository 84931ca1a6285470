import { rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { armKey, type Run } from './grid.ts';

/** The folder of a run's checkpoints in the folder of a study's. */
export function runFolder(checkpoints: string, run: Run): string {
  return join(checkpoints, `${armKey(run)}-seed-${run.seed}`);
}

/** Removes a run's checkpoints, and the folder around them where nothing else is in it. */
export async function removeRunFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  try {
    await rmdir(dirname(folder));
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(code)) throw error;
  }
}
