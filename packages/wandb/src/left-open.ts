import { readEarlierRun } from './earlier-run.ts';
import type { Platform } from './platform/platform.ts';
import { withFiles } from './platform/with-files.ts';
import { runBook } from './run-book.ts';
import { runFolders } from './run-folder.ts';
import type { RunPosition } from './wandb-run.ts';

/**
 * Whether whoever wrote a run died before they had closed it: its log has no exit, or their lock is beside it. A run whose
 * folder isn't there, or has no log that can be read, is none that can be closed.
 */
export async function isLeftOpen(
  platform: Platform,
  dir: string,
  { id, folder: name }: RunPosition,
): Promise<boolean> {
  const { logFiles, folders } = await withFiles(platform, dir, () => undefined);
  const [folder] = runFolders(dir, [name], id);
  if (!logFiles || !folders || !folder) return false;
  try {
    await logFiles.load?.(folder.log);
    const source = logFiles.read(folder.log);
    const { exitCode } = readEarlierRun(
      source,
      runBook(() => undefined),
    );
    return exitCode === undefined || folders.list(folder.path).includes(`run-${id}.wandb.lock`);
  } catch {
    return false;
  }
}
