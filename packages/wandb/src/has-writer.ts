import type { LogFiles } from './log-storage.ts';

/** Milliseconds after which a writer elsewhere has shown that it lives, if it does. */
const SIGN_OF_LIFE = 31_000;

/**
 * Tells of logs whether somebody writes them. Of writers elsewhere that is known only after a time, which is waited once
 * for all logs together: `onWait` is told of the first.
 */
export function writerWatch(
  logFiles: LogFiles,
  onWait: (log: string) => void,
): (log: string) => Promise<boolean> {
  let since: number | undefined;
  return async (log) => {
    while (logFiles.writerOf(log) === 'elsewhere') {
      if (since === undefined) {
        since = performance.now();
        onWait(log);
      }
      if (performance.now() - since > SIGN_OF_LIFE) return true;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    return logFiles.writerOf(log) !== undefined;
  };
}
