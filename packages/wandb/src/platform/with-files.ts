import { messageOf } from '../message-of.ts';
import { runFolders } from '../run-folder.ts';
import { within } from '../within.ts';
import type { Platform } from './platform.ts';

/** Milliseconds after which files that do not answer count as none. */
const OPEN_WITHIN = 10_000;

/** A platform with the files that it has to open first. */
export async function withFiles(
  platform: Platform,
  dir: string,
  say: (text: string) => void,
): Promise<Platform> {
  const { openFiles } = platform;
  if (!openFiles) return platform;
  try {
    return { ...platform, ...(await within(openFiles(dir, say), OPEN_WITHIN)) };
  } catch (error) {
    say(
      `the browser's private file system can't be used (${messageOf(error)}): runs are in memory`,
    );
    return platform;
  }
}

/** Tells of runs that earlier pages have left: what is uploaded is removed, and nobody sees those files otherwise. */
export function tellOfLeft(
  { host, logFiles, folders }: Platform,
  dir: string,
  own: string | undefined,
  say: (text: string) => void,
): void {
  const runs = folders ? runFolders(dir, folders.list(`${dir}/wandb`)) : [];
  for (const { path, log } of runs)
    if (path !== own && logFiles?.writerOf(log) === undefined)
      say(`${path} is not uploaded yet: ${host.syncCommand(path)}`);
}
