import { backgroundTimer } from '../background-timer.ts';

/** Milliseconds between two writings, and how many times as long as the last one took is waited at least. */
const PAUSE = 300;
const PAUSES = 10;

/** Milliseconds after which a log that could not be written is tried again, and bytes of it that wait at most. */
const RETRY = 5000;
const MOST_WAITING = 32 * 2 ** 20;

/** Files of the browser's private file system that follow those in memory a moment later. */
export interface OpfsMirror {
  /** Puts bytes at an offset of a file, which ends with them. They are the mirror's. */
  put(path: string, offset: number, bytes: Uint8Array<ArrayBuffer>): void;
  /** Removes a folder with all that is in it. Resolves when it is gone. Never rejects. */
  remove(folder: string): Promise<void>;
  /** Bytes of a file that are written for sure; undefined where nothing of it was. */
  kept(path: string): number | undefined;
  /** No more of a file will be written. */
  isLost(path: string): boolean;
  /** Resolves when what there is now was written, or could not be. Never rejects. */
  flush(): Promise<void>;
  /** As {@link OpfsMirror.flush}, and what could not be written below a folder is not tried again. */
  leave(folder: string): Promise<void>;
}

/** What the mirror tells of. */
export interface OpfsMirrorEvents {
  /** All so far of a file is written. */
  readonly onKept: (path: string, file: FileSystemFileHandle, size: number) => void;
  /** A file could not be written: it never is, or later where it is a log. */
  readonly onFailed: (path: string, error: unknown) => void;
}

interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Writes below a folder in the background, each file's news at once: the file system copies a file that is opened. Paths
 * are relative, with forward slashes. Logs come first, and wait where they can't be written, until there is too much
 * of them.
 */
export function opfsMirror(
  root: FileSystemDirectoryHandle,
  { onKept, onFailed }: OpfsMirrorEvents,
): OpfsMirror {
  const pieces = new Map<string, Piece[]>();
  const removals = new Set<string>();
  const kept = new Map<string, number>();
  const lost = new Set<string>();
  let working: Promise<void> | undefined;
  let stopTimer: (() => void) | undefined;
  let pause = PAUSE;

  const forget = (folder: string): void => {
    for (const path of pieces.keys()) if (isBelow(path, folder)) pieces.delete(path);
  };
  /** Keeps a log's news for another attempt, if there is to be one. */
  const retry = (path: string, news: readonly Piece[]): void => {
    if (!isLog(path) || [...removals].some((folder) => isBelow(path, folder))) return;
    const waiting = [...news, ...(pieces.get(path) ?? [])];
    if (waiting.reduce((sum, { bytes }) => sum + bytes.length, 0) <= MOST_WAITING)
      pieces.set(path, waiting);
    else {
      pieces.delete(path);
      lost.add(path);
    }
  };
  const writeAll = async (): Promise<void> => {
    const began = performance.now();
    let next = PAUSE;
    const taken = [...pieces].sort(([a], [b]) => Number(isLog(b)) - Number(isLog(a)));
    pieces.clear();
    for (const [path, news] of taken)
      try {
        const { file, size } = await writePieces(root, path, news);
        kept.set(path, size);
        if (!pieces.has(path)) onKept(path, file, size);
      } catch (error) {
        next = RETRY;
        retry(path, news);
        onFailed(path, error);
      }
    for (const folder of removals) {
      removals.delete(folder);
      await removeFolder(root, folder);
    }
    pause = Math.max(next, PAUSES * (performance.now() - began));
    if (pieces.size > 0) later();
  };
  const work = (): Promise<void> =>
    (working ??= writeAll().finally(() => {
      working = undefined;
    }));
  const later = (): void => {
    stopTimer ??= backgroundTimer(() => {
      stopTimer = undefined;
      void work();
    }, pause);
  };
  const flush = async (): Promise<void> => {
    // Of what comes meanwhile there may be no end.
    await working;
    await (pieces.size > 0 || removals.size > 0 ? work() : working);
  };

  return {
    put(path, offset, bytes) {
      if (lost.has(path)) return;
      const news = pieces.get(path) ?? [];
      pieces.set(path, news);
      news.push({ offset, bytes });
      later();
    },
    remove(folder) {
      forget(folder);
      removals.add(folder);
      return flush();
    },
    kept: (path) => kept.get(path),
    isLost: (path) => lost.has(path),
    flush,
    async leave(folder) {
      await flush();
      forget(folder);
    },
  };
}

function isLog(path: string): boolean {
  return path.endsWith('.wandb');
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}

/** Writes pieces to a file, and gives it with the bytes that it has then. */
async function writePieces(
  root: FileSystemDirectoryHandle,
  path: string,
  pieces: readonly Piece[],
): Promise<{ readonly file: FileSystemFileHandle; readonly size: number }> {
  const parts = path.split('/');
  const name = parts.pop() ?? '';
  let folder = root;
  for (const part of parts) folder = await folder.getDirectoryHandle(part, { create: true });
  const file = await folder.getFileHandle(name, { create: true });
  const stream = await file.createWritable({ keepExistingData: true });
  try {
    let end = 0;
    for (const { offset, bytes } of joined(pieces)) {
      await stream.write({ type: 'write', position: offset, data: bytes });
      end = offset + bytes.length;
    }
    await stream.truncate(end);
    await stream.close();
    return { file, size: end };
  } catch (error) {
    await stream.abort().catch(() => undefined);
    throw error;
  }
}

/** Pieces that follow on each other as one: a call takes longer than a row. */
function joined(pieces: readonly Piece[]): Piece[] {
  const runs: Piece[][] = [];
  let end = -1;
  for (const piece of pieces) {
    const last = runs.at(-1);
    if (last && piece.offset === end) last.push(piece);
    else runs.push([piece]);
    end = piece.offset + piece.bytes.length;
  }
  return runs.map((run) => {
    const bytes = new Uint8Array(run.reduce((sum, piece) => sum + piece.bytes.length, 0));
    const { offset = 0 } = run[0] ?? {};
    for (const piece of run) bytes.set(piece.bytes, piece.offset - offset);
    return { offset, bytes };
  });
}

async function removeFolder(root: FileSystemDirectoryHandle, path: string): Promise<void> {
  const parts = path.split('/');
  const name = parts.pop() ?? '';
  try {
    let folder = root;
    for (const part of parts) folder = await folder.getDirectoryHandle(part);
    await folder.removeEntry(name, { recursive: true });
  } catch {
    // It is gone already, or is removed by a later page.
  }
}
