import { backgroundTimer } from '../background-timer.ts';

/** Milliseconds between two writings, and how many times as long as the last one took is waited at least. */
const PAUSE = 300;
const PAUSES = 10;

/** Files of the browser's private file system that follow those in memory a moment later. */
export interface OpfsMirror {
  /** Puts bytes at an offset of a file, which ends with them. They are the mirror's. */
  put(path: string, offset: number, bytes: Uint8Array<ArrayBuffer>): void;
  /** Removes a folder with all that is in it. */
  remove(folder: string): void;
  /** Bytes of a file that are written for sure; undefined where nothing of it was. */
  kept(path: string): number | undefined;
  /** Resolves when all so far is written; false where writing has failed, now or earlier. Never rejects. */
  flush(): Promise<boolean>;
}

interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Writes below a folder in the background, each file's news at once: the file system copies a file that is opened. Paths
 * are relative, with forward slashes. After the first failure, which is told, nothing more is written. `onKept` is told of
 * files of which all so far is written.
 */
export function opfsMirror(
  root: FileSystemDirectoryHandle,
  onFailed: (error: unknown) => void,
  onKept: (path: string, file: FileSystemFileHandle, size: number) => void,
): OpfsMirror {
  const pieces = new Map<string, Piece[]>();
  const removals = new Set<string>();
  const kept = new Map<string, number>();
  let working: Promise<void> | undefined;
  let stopTimer: (() => void) | undefined;
  let pause = PAUSE;
  let hasFailed = false;

  const writeAll = async (): Promise<void> => {
    const began = performance.now();
    for (const [path, news] of takeAll(pieces)) {
      const { file, size } = await writePieces(root, path, news);
      kept.set(path, size);
      if (!pieces.has(path)) onKept(path, file, size);
    }
    for (const folder of removals) {
      removals.delete(folder);
      await removeFolder(root, folder);
    }
    pause = Math.max(PAUSE, PAUSES * (performance.now() - began));
  };
  const work = (): Promise<void> =>
    (working ??= writeAll()
      .catch((error: unknown) => {
        hasFailed = true;
        pieces.clear();
        onFailed(error);
      })
      .finally(() => {
        working = undefined;
      }));
  const later = (): void => {
    stopTimer ??= backgroundTimer(() => {
      stopTimer = undefined;
      void work();
    }, pause);
  };

  return {
    put(path, offset, bytes) {
      if (hasFailed) return;
      const news = pieces.get(path) ?? [];
      pieces.set(path, news);
      news.push({ offset, bytes });
      later();
    },
    remove(folder) {
      for (const path of pieces.keys()) if (path.startsWith(`${folder}/`)) pieces.delete(path);
      removals.add(folder);
      later();
    },
    kept: (path) => kept.get(path),
    async flush() {
      while (!hasFailed && (working || pieces.size > 0 || removals.size > 0)) await work();
      return !hasFailed;
    },
  };
}

function takeAll(pieces: Map<string, Piece[]>): (readonly [string, readonly Piece[]])[] {
  const taken = [...pieces];
  pieces.clear();
  return taken;
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
