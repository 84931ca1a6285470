import { platform } from '#platform';
import { logEnd } from './log-end.ts';
import { logReader, type LogReader, type LogReaderOptions } from './log-reader.ts';
import type { LogFiles } from './log-storage.ts';
import { logWriterOf, type LogWriter } from './log-writer.ts';

/**
 * Creates a log as a file, with the folders above it. Throws if there is a file of the name (`EEXIST`), or where
 * there are no files. Until it is closed, a file beside it, `<path>.lock`, keeps other writers away.
 */
export function createLog(path: string): LogWriter {
  return logWriterOf(files().create(path));
}

/**
 * Goes on writing a log of which the writer has ended or died: half a record at its end is cut off. Throws if there is
 * no file (`ENOENT`), a LogDamageError if it is no log, and a LogInUseError while somebody else writes it.
 */
export function continueLog(path: string): LogWriter {
  const source = files().read(path);
  try {
    const end = logEnd(source);
    return logWriterOf(files().append(path, end.offset), end);
  } finally {
    source.close();
  }
}

/** Opens a log to read it, also while it is written. Throws if there is no file (`ENOENT`). */
export function openLog(path: string, options?: LogReaderOptions): LogReader {
  return logReader(files().read(path), options);
}

function files(): LogFiles {
  if (!platform.logFiles)
    throw new Error('log: there are no files here; logWriter and logReader take a memoryLog()');
  return platform.logFiles;
}
