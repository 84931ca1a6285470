import type { MemoryLog } from '../memory-log.ts';
import { within } from '../within.ts';
import type { OpfsMirror } from './opfs-mirror.ts';

/** Milliseconds after which a file that is to be read counts as one that can't be, and those after it. */
const READ_WITHIN = 10_000;
const NEXT_WITHIN = 100;

/** What is known of the files of runs, by the paths that {@link keyOf} gives. */
export interface OpfsContents {
  /** The folder that the runs are in. */
  readonly runs: FileSystemDirectoryHandle;
  /** What was in it when this page looked. */
  readonly names: ReadonlySet<string>;
  /** Files that are there, without a look into them. */
  readonly found: Map<string, FileSystemFileHandle>;
  /** Logs that are in memory. */
  readonly logs: Map<string, MemoryLog>;
  /** Those of them that somebody reads. */
  readonly reading: Set<string>;
  /** Small files that are in memory with their log. */
  readonly texts: Map<string, string>;
  /** Files that are written in a moment. */
  readonly fresh: Map<string, Uint8Array>;
  readonly mirror: OpfsMirror;
  /** Waits for an answer of the file system. */
  readonly answer: <T>(work: Promise<T>) => Promise<T>;
}

/** Waits for answers; where one has not come in time, the next ones are hardly waited for until one comes again. */
export function patience(): OpfsContents['answer'] {
  let left = READ_WITHIN;
  return async (work) => {
    const answer = { hasCome: false };
    // Also one that comes late.
    const come = (): void => {
      answer.hasCome = true;
      left = READ_WITHIN;
    };
    work.then(come, come);
    try {
      return await within(work, left);
    } finally {
      if (!answer.hasCome) left = NEXT_WITHIN;
    }
  };
}

/** A path without what means nothing, which is what it is called by. */
export function keyOf(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

/** A file that was there; undefined where there was none. Rejects where it can't be read, or not in time. */
export async function readFound(
  { found, answer }: OpfsContents,
  path: string,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const handle = found.get(keyOf(path));
  if (!handle) return undefined;
  const read = handle.getFile().then((file) => file.arrayBuffer());
  return new Uint8Array(await answer(read));
}
