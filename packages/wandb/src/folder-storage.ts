import { ackedFileOf, cutAckedText, type AckedStore, type KeptLines } from './acked.ts';
import type { LocalFiles } from './errands.ts';
import type { LogFiles } from './log-storage.ts';
import type { LogWriterOptions } from './log-writer.ts';
import type { Folders } from './platform/folders.ts';
import type { RunFolder } from './run-folder.ts';
import { runPlaces, type OnTrouble, type RunPlaces } from './run-places.ts';
import { unkeptRecords } from './unkept.ts';

/**
 * A run's folder; goes on in its log where it says where, and calls `unlock` when it is left. Throws where it can't be
 * written at all.
 */
export function folderStorage(
  logFiles: LogFiles,
  folders: Folders,
  folder: RunFolder,
  onTrouble: OnTrouble,
  { goOn, unlock }: { goOn?: Required<LogWriterOptions>; unlock?: () => Promise<void> } = {},
): RunPlaces {
  folders.make(folder.files);
  folders.make(folder.logs);
  const sink = goOn ? logFiles.append(folder.log, goOn.offset) : logFiles.create(folder.log);
  return runPlaces(sink, () => logFiles.read(folder.log), onTrouble, {
    ...(goOn && { goOn }),
    ...(logFiles.kept && { later: unkeptRecords(() => logFiles.kept?.(folder.log)) }),
    folder: folder.path,
    write(path, bytes) {
      const whole = `${folder.path}/${path}`;
      folders.write(whole, bytes);
      return folders.absolute(whole);
    },
    async leave(isUploaded) {
      if (isUploaded) await markUploaded(folders, folder);
      await folders.leave?.(folder.path);
      await unlock?.();
    },
    local: localFiles(folders, folder),
    acked: ackedStore(folders, folder),
    onRead: (reader) => logFiles.forget?.(folder.log, reader.offset),
  });
}

/** Removes a folder that is uploaded, or has `wandb sync`, which would upload it again, pass over it. Never rejects. */
export async function markUploaded(folders: Folders, { path, log }: RunFolder): Promise<void> {
  if (folders.discard) await folders.discard(path);
  else
    try {
      folders.write(syncedMarkOf(log), '');
    } catch {
      // The folder can't be written: nothing can be told of it there.
    }
}

/** The file by which `wandb sync` knows a log that it has uploaded. */
export function syncedMarkOf(log: string): string {
  return `${log}.synced`;
}

/** The files of a run's folder. */
export function localFiles(folders: Folders, { files }: RunFolder): LocalFiles {
  return {
    file: (path) => folders.read(`${files}/${path}`),
    artifactFile: (path) => folders.read(path),
  };
}

/** Where it is kept what of a run's folder is uploaded. */
export function ackedStore(folders: Folders, folder: RunFolder): AckedStore {
  const file = ackedFileOf(folder.log);
  return {
    load: () => folders.readText(file),
    save: (text) => folders.write(file, text),
  };
}

/** Forgets what was uploaded of the part of a log that is cut off. */
export function cutAcked(
  folders: Folders,
  folder: RunFolder,
  runId: string,
  kept: KeptLines,
): void {
  const file = ackedFileOf(folder.log);
  const text = folders.readText(file);
  const cut = cutAckedText(text, runId, kept);
  if (cut !== undefined && cut !== text) folders.write(file, cut);
}
