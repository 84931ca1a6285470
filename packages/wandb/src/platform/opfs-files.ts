import type { LogFiles, LogSink } from '../log-storage.ts';
import { memoryLog, type MemoryLog } from '../memory-log.ts';
import type { Folders } from './folders.ts';
import { opfsMirror, type OpfsMirror } from './opfs-mirror.ts';
import type { Files } from './platform.ts';

/** Small files that are read at once. */
const isText = (path: string): boolean => path.endsWith('.uploaded.json');
const isLog = (path: string): boolean => path.endsWith('.wandb');

/** A path without what means nothing, which is what it is called by. */
const keyOf = (path: string): string =>
  path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');

/**
 * The runs that lie in the browser's private file system below `<dir>/wandb`, and room for more; undefined where there is
 * none, as in a page that is not secure.
 *
 * Logs are in memory, where they are written and read at once, and in the file system a moment later: a page that ends
 * loses the last half of a second. One page at a time writes a run. Tells of trouble, and never rejects.
 */
export async function opfsFiles(
  dir: string,
  onFailed: (error: unknown) => void,
): Promise<Files | undefined> {
  try {
    const root = await navigator.storage.getDirectory();
    const found = await contentsOf(root, keyOf(`${dir}/wandb`));
    return filesOf(found, opfsMirror(root, onFailed), await lockedPaths());
  } catch (error) {
    onFailed(error);
    return undefined;
  }
}

interface Contents {
  readonly logs: Map<string, MemoryLog>;
  readonly texts: Map<string, string>;
  readonly others: Map<string, FileSystemFileHandle>;
}

function filesOf(found: Contents, mirror: OpfsMirror, locked: ReadonlySet<string>): Files {
  const { logs, texts, others } = found;
  /** Files that are written in a moment. */
  const fresh = new Map<string, Uint8Array>();
  const ours = new Set<string>();

  const logOf = (path: string): MemoryLog => {
    const log = logs.get(keyOf(path));
    if (!log) throw new Error(`there is no log ${path}`);
    return log;
  };
  const sinkOf = (path: string, log: MemoryLog, length: number): LogSink => {
    const key = keyOf(path);
    const unlock = lock(key);
    let end = length;
    ours.add(key);
    const put = (offset: number, bytes: Uint8Array): void => {
      end = offset + bytes.length;
      mirror.put(key, offset, new Uint8Array(bytes));
    };
    return {
      write(bytes) {
        log.write(bytes);
        put(end, bytes);
      },
      replace(offset, bytes) {
        log.replace(offset, bytes);
        put(offset, bytes);
      },
      truncate(to) {
        log.truncate(to);
        put(to, new Uint8Array());
      },
      sync: () => void mirror.flush(),
      close() {
        ours.delete(key);
        // Another page may only go on with what is there.
        void mirror.flush().then(unlock);
      },
    };
  };

  const logFiles: LogFiles = {
    create(path) {
      if (logs.has(keyOf(path))) throw new Error(`there is a log ${path} already`);
      const log = memoryLog();
      logs.set(keyOf(path), log);
      return sinkOf(path, log, 0);
    },
    append(path, offset) {
      const sink = sinkOf(path, logOf(path), offset);
      sink.truncate(offset);
      return sink;
    },
    writerOf: (path) => (ours.has(keyOf(path)) || locked.has(keyOf(path)) ? 'here' : undefined),
    read(path) {
      const log = logOf(path);
      return { read: (offset, target) => log.read(offset, target), close: () => undefined };
    },
    forget: (path, offset) => logOf(path).forget(offset),
  };

  const folders: Folders = {
    absolute: (path) => path,
    list(folder) {
      const before = `${keyOf(folder)}/`;
      const paths = [logs, texts, others, fresh].flatMap((files) => [...files.keys()]);
      const names = paths
        .filter((path) => path.startsWith(before))
        .map((path) => path.slice(before.length).split('/')[0] ?? '');
      return [...new Set(names)];
    },
    // A file makes its folders.
    make: () => undefined,
    write(path, given) {
      const key = keyOf(path);
      const bytes = typeof given === 'string' ? new TextEncoder().encode(given) : given.slice();
      if (isText(key)) texts.set(key, new TextDecoder().decode(bytes));
      else fresh.set(key, bytes);
      mirror.put(key, 0, new Uint8Array(bytes));
    },
    readText: (path) => texts.get(keyOf(path)),
    async read(path) {
      const key = keyOf(path);
      const bytes = fresh.get(key);
      if (bytes) return new Uint8Array(bytes);
      const file = await others.get(key)?.getFile();
      if (!file) throw new Error(`there is no file ${path}`);
      return new Uint8Array(await file.arrayBuffer());
    },
    remove(path) {
      const key = keyOf(path);
      for (const files of [texts, others, fresh]) files.delete(key);
      mirror.remove(key);
    },
    async settled() {
      await mirror.flush();
    },
    async discard(folder) {
      const before = `${keyOf(folder)}/`;
      for (const files of [logs, texts, others, fresh])
        for (const path of files.keys()) if (path.startsWith(before)) files.delete(path);
      mirror.remove(keyOf(folder));
      await mirror.flush();
    },
  };
  return { logFiles, folders };
}

/** What is below a folder: logs and texts are read, the rest is looked up when it is needed. */
async function contentsOf(root: FileSystemDirectoryHandle, path: string): Promise<Contents> {
  const found: Contents = { logs: new Map(), texts: new Map(), others: new Map() };
  const visit = async (folder: FileSystemDirectoryHandle, at: string): Promise<void> => {
    for await (const [name, handle] of folder) {
      const key = `${at}/${name}`;
      if (handle.kind === 'directory') await visit(handle, key);
      else await take(handle, key);
    }
  };
  const take = async (handle: FileSystemFileHandle, key: string): Promise<void> => {
    if (isText(key)) found.texts.set(key, await (await handle.getFile()).text());
    else if (isLog(key)) {
      const log = memoryLog();
      log.write(new Uint8Array(await (await handle.getFile()).arrayBuffer()));
      found.logs.set(key, log);
    } else found.others.set(key, handle);
  };
  let folder = root;
  for (const part of path.split('/'))
    folder = await folder.getDirectoryHandle(part, { create: true });
  await visit(folder, path);
  return found;
}

const LOCK = 'tfloop wandb ';

/** Locks a log against other pages and workers of the origin, until the function returned is called or the page ends. */
function lock(key: string): () => void {
  let unlock = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    unlock = resolve;
  });
  void navigator.locks.request(`${LOCK}${key}`, () => held);
  return unlock;
}

async function lockedPaths(): Promise<Set<string>> {
  const { held = [] } = await navigator.locks.query();
  return new Set(
    held.flatMap(({ name = '' }) => (name.startsWith(LOCK) ? [name.slice(LOCK.length)] : [])),
  );
}
