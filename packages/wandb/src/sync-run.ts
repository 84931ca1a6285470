import { platform as hostPlatform } from '#platform';
import { check } from '@tfloop/core';
import { syncCallOf, tellOfTooLong, type FinishReport } from './finish-report.ts';
import { nextReadable } from './earlier-run.ts';
import { logReader } from './log-reader.ts';
import type { LogSource } from './log-storage.ts';
import { checkRunOptions, settings as settingsOf, type RunOptions } from './settings.ts';
import { runFolders } from './run-folder.ts';
import { ackedStore, localFiles, markUploaded } from './folder-storage.ts';
import { finalPart } from './run-places.ts';
import { withFiles } from './platform/with-files.ts';
import { sayer } from './say.ts';
import { uploader, type UploaderOptions } from './uploader.ts';

/** Options of {@link syncRun}. */
export interface SyncRunOptions extends Pick<RunOptions, 'baseUrl' | 'apiKey' | 'silent'> {
  /** Seconds that it may take. @default 3600 */
  readonly within?: number;
  /**
   * Puts the folder's rows right behind those that the service has, where the run went on from another folder's rows that
   * were never uploaded and are lost. Without it nothing is uploaded then, and the line names that folder.
   *
   * @default false
   */
  readonly earlierIsLost?: boolean;
}

/**
 * Uploads what the service has not got yet of a run's folder, `wandb/offline-run-<time>-<id>`, as `wandb sync` does.
 *
 * Of a run that is being written it leaves out a row at the end, which may be open for more, and something is left to do.
 *
 * Throws where the folder is none of a run, there are no files, or there is no key. What keeps it from the service is
 * told of, and in the report.
 */
export async function syncRun(
  folder: string,
  options: SyncRunOptions = {},
  timing?: UploaderOptions['timing'],
): Promise<FinishReport> {
  const { within = 3600, earlierIsLost = false, ...runOptions } = options;
  check.known('syncRun', options, ['baseUrl', 'apiKey', 'silent', 'within', 'earlierIsLost']);
  check.number('syncRun', 'within', within, { above: 0, max: 86_400 * 7 });
  check.oneOf('syncRun', 'earlierIsLost', earlierIsLost, [true, false]);
  checkRunOptions('syncRun', runOptions);
  check.text('syncRun', 'folder', folder);
  const path = folder.replace(/[/\\]+$/, '');
  const [, dir = '.', name = path] = /^(.*)[/\\]([^/\\]+)$/.exec(path) ?? [];
  const [run] = runFolders('', [name]);
  if (!run) throw new Error(`syncRun: ${folder} is not called as a run's folder is, offline-run-…`);
  const { host, fetch } = hostPlatform;
  const settings = settingsOf({ ...runOptions, mode: 'online' }, host);
  if (settings.mode !== 'online')
    throw new Error(`syncRun: ${settings.remarks.join('; ').replace(/: the run is kept.*$/, '')}`);
  const log = `${dir}/${name}/run-${run.id}.wandb`;
  const at = { path: `${dir}/${name}`, log, files: `${dir}/${name}/files`, logs: '' };
  const say = sayer((line) => host.say(line), settings.silent);
  const { logFiles, folders } = await withFiles(hostPlatform, dir.replace(/(^|\/)wandb$/, ''), say);
  if (!logFiles || !folders) throw new Error('syncRun: there are no files here');
  // Where an upload removes the folder, nobody may go on with the run meanwhile.
  const unlock = await logFiles.claim?.(log);
  const isWritten = logFiles.claim ? !unlock : logFiles.writerOf(log) !== undefined;
  let source: LogSource | undefined;
  try {
    await logFiles.load?.(log);
    source = logFiles.read(log);
    const final = isWritten ? finalBytes(source) : Infinity;
    const upload = uploader({
      reader: logReader(finalPart(source, () => final)),
      acked: ackedStore(folders, at),
      local: localFiles(folders, at),
      baseUrl: settings.baseUrl,
      apiKey: () => settings.apiKey() ?? '',
      ...(fetch && { fetch }),
      warn: say,
      onTrouble: (trouble) => trouble !== undefined && say(`${trouble}, tries on`),
      earlierIsLost,
      spareLater: true,
      ...(timing && { timing }),
    });
    const { failed, complete, ...report } = await upload.drain(AbortSignal.timeout(within * 1000));
    const rows = complete
      ? report.uploadedRows + report.olderRows + report.droppedSteps.length
      : await countRows(finalPart(source, () => final));
    const tooLongRows = report.droppedSteps.length;
    tellOfTooLong(report.droppedSteps, rows, say);
    const uploadedRows = Math.min(rows, report.uploadedRows);
    const isDone = !isWritten && (unlock !== undefined || logFiles.writerOf(log) === undefined);
    const isAll = complete && isDone;
    const syncCommand = isAll ? undefined : syncCallOf(path);
    if (isAll) await markUploaded(folders, at);
    return {
      rows,
      uploadedRows,
      pendingRows: complete ? 0 : rows - uploadedRows - tooLongRows,
      lostRows: 0,
      tooLongRows,
      pendingFiles: failed.length,
      syncCommand,
    };
  } finally {
    source?.close();
    await unlock?.();
  }
}

/** How many rows a log has. A long one does not hold up the thread. */
async function countRows(source: LogSource): Promise<number> {
  const reader = logReader(source);
  let rows = 0;
  for (let count = 1; ; count++) {
    const record = nextReadable(reader);
    if (!record) return rows;
    if ('history' in record) rows++;
    if (count % 1000 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
}

/** Bytes at the beginning of a log that stay while somebody writes it: another record may take a last row's place. */
function finalBytes(source: LogSource): number {
  const reader = logReader(source);
  let final = 0;
  for (;;) {
    const start = reader.offset;
    const record = nextReadable(reader);
    if (!record) return final;
    final = 'history' in record ? start : reader.offset;
  }
}
