import { readEarlierRun } from './earlier-run.ts';
import type { LogFiles } from './log-storage.ts';
import { messageOf } from './message-of.ts';
import { runBook } from './run-book.ts';
import type { RunFolder } from './run-folder.ts';

/** What {@link unfinishedRun} looks at. */
export interface UnfinishedRunParts {
  readonly logFiles: LogFiles;
  /** The newest first. */
  readonly folders: readonly (RunFolder & { readonly id: string })[];
  readonly project: string;
  readonly hasWriter: (log: string) => Promise<boolean>;
  readonly say: (text: string) => void;
}

/** The id of a project's newest run that nobody writes; undefined where there is none, or it has an exit of 0. */
export async function unfinishedRun(parts: UnfinishedRunParts): Promise<string | undefined> {
  const { logFiles, folders, project, hasWriter, say } = parts;
  for (const { id, path, log } of folders) {
    try {
      await logFiles.load?.(log);
      const earlier = readEarlierRun(
        logFiles.read(log),
        runBook(() => undefined),
      );
      if (earlier.project !== project || (await hasWriter(log))) continue;
      return earlier.exitCode === 0 ? undefined : id;
    } catch (error) {
      say(`the log in ${path} can't be read (${messageOf(error)}): it is passed over`);
    }
  }
  return undefined;
}
