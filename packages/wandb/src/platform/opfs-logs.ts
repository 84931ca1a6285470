import { ackedFileOf } from '../acked.ts';
import type { LogFiles, LogSink } from '../log-storage.ts';
import { memoryLog, type MemoryLog } from '../memory-log.ts';
import { runFolders } from '../run-folder.ts';
import { keyOf, readFound, type OpfsContents } from './opfs-contents.ts';
import { opfsLock } from './opfs-lock.ts';

/** What a log is locked by: its run, whatever folder it is in. */
function lockOf(log: string): string {
  return keyOf(log).replace(/[^/]+\/(?=[^/]+$)/, '');
}

/**
 * Logs of the browser's private file system, in memory as long as they are read or written. `locked` are the runs that
 * others write.
 */
export function opfsLogs(contents: OpfsContents, locked: Set<string>): LogFiles {
  const { found, logs, reading, texts, mirror, answer } = contents;
  /** Runs that nobody else writes. */
  const ours = new Set<string>();
  /** Bytes of logs where they were gone on with. */
  const began = new Map<string, number>();

  const logOf = (path: string): MemoryLog => {
    const log = logs.get(keyOf(path));
    if (!log) throw new Error(`there is no log ${path}`);
    return log;
  };
  const sinkOf = (path: string, log: MemoryLog, length: number): LogSink => {
    const key = keyOf(path);
    let end = length;
    began.set(key, length);
    const put = (offset: number, bytes: Uint8Array): void => {
      end = offset + bytes.length;
      mirror.put(key, offset, new Uint8Array(bytes));
      if (mirror.isLost(key) && !reading.has(key)) log.forget(end);
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
      close: () => void mirror.flush(),
    };
  };
  /** Whether another page has made a folder for a log's run since this one looked. */
  const hasCome = async (path: string): Promise<boolean> => {
    const [, id] = /run-([^/]*)\.wandb$/.exec(path) ?? [];
    const come: string[] = [];
    for await (const name of contents.runs.keys()) if (!contents.names.has(name)) come.push(name);
    return runFolders('', come, id).length > 0;
  };

  return {
    async claim(path) {
      const lock = lockOf(path);
      const unlock = await opfsLock(lock);
      if (!unlock) {
        locked.add(lock);
        return undefined;
      }
      ours.add(lock);
      const letGo = (): Promise<void> => {
        ours.delete(lock);
        return unlock();
      };
      try {
        if (!(await answer(hasCome(path)))) return letGo;
      } catch (error) {
        await letGo();
        throw error;
      }
      await letGo();
      return undefined;
    },
    async load(path) {
      const bytes = await readFound(contents, path);
      if (!bytes) return;
      const log = memoryLog();
      log.write(bytes);
      logs.set(keyOf(path), log);
      const noteFile = ackedFileOf(path);
      const note = await readFound(contents, noteFile);
      if (note) texts.set(keyOf(noteFile), new TextDecoder().decode(note));
    },
    create(path) {
      if (logs.has(keyOf(path)) || found.has(keyOf(path)))
        throw new Error(`there is a log ${path} already`);
      const log = memoryLog();
      logs.set(keyOf(path), log);
      return sinkOf(path, log, 0);
    },
    append(path, offset) {
      const sink = sinkOf(path, logOf(path), offset);
      sink.truncate(offset);
      return sink;
    },
    kept: (path) => ({
      bytes: mirror.kept(keyOf(path)) ?? began.get(keyOf(path)) ?? 0,
      isAll: mirror.isLost(keyOf(path)),
    }),
    writerOf(path) {
      const lock = lockOf(path);
      return ours.has(lock) || locked.has(lock) ? 'here' : undefined;
    },
    whoWrites: () => 'a page or worker of this origin',
    read(path) {
      const log = logOf(path);
      reading.add(keyOf(path));
      return {
        read: (offset, target) => log.read(offset, target),
        close() {
          reading.delete(keyOf(path));
          // Who goes on with it has claimed it.
          if (!ours.has(lockOf(path))) logs.delete(keyOf(path));
        },
      };
    },
    forget: (path, offset) => logOf(path).forget(offset),
  };
}
