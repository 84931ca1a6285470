import type { Uploaded } from './log-run-parts.ts';
import type { Host } from './platform/host.ts';

/** How a run ended. */
export interface FinishReport {
  /** Rows that were logged, by earlier processes of the run as well. */
  readonly rows: number;
  /** Those that the service has. */
  readonly uploadedRows: number;
  /** Those that it has not: they are in the folder but for `lostRows`, and `syncCommand` uploads them. */
  readonly pendingRows: number;
  /** Those that are nowhere: neither the service took them nor a file. */
  readonly lostRows: number;
  /** Those of more than 10 MiB, which the service does not take: they are in the folder only. */
  readonly tooLongRows: number;
  /** Files, artifacts and alerts that the service has refused or not taken: `syncCommand` uploads them as well. */
  readonly pendingFiles: number;
  /** Uploads the run later; undefined where nothing is left to upload, or no folder has it. */
  readonly syncCommand: string | undefined;
}

/** The command of the official client that uploads a run's folder, which Node has. */
export function syncCommandOf(folder: string): string {
  const isPlain = /^[\w@%+=:,./-]+$/.test(folder);
  return `wandb sync ${isPlain ? folder : `'${folder.replaceAll("'", `'\\''`)}'`}`;
}

/** The call that uploads a run's folder from a program. */
export function syncCallOf(folder: string): string {
  return `syncRun(${JSON.stringify(folder)})`;
}

/** An earlier part of a run in a folder that can't be written any more. */
export interface LeftPart {
  readonly folder: string;
  /** Rows of the run in it. */
  readonly rows: number;
  /** There is more in it, which the run has logged anew since. */
  readonly isCut: boolean;
}

/** What there is to report on. */
export interface FinishFacts {
  readonly rows: number;
  /** What the service has; undefined where it is not asked. */
  readonly uploaded: Uploaded | undefined;
  /** What could not be written. */
  readonly unkept: { readonly records: number; readonly rows: number };
  readonly folder: string | undefined;
  readonly left?: LeftPart | undefined;
  /** The folder of an earlier part of the run, which is to be uploaded first. */
  readonly earlier?: string | undefined;
  readonly syncCommand: Host['syncCommand'];
}

/** The report, and what the user should know of it. */
export function finishReport(
  { rows, uploaded, unkept, folder: own, left, earlier, syncCommand: commandFor }: FinishFacts,
  say: (text: string) => void,
): FinishReport {
  const uploadedRows = Math.min(rows, uploaded?.uploadedRows ?? 0);
  const tooLongRows = uploaded?.droppedSteps.length ?? 0;
  const pendingRows = rows - uploadedRows - tooLongRows;
  if (uploaded) tellOfTooLong(uploaded.droppedSteps, rows, say);
  const pendingFiles = uploaded?.failed.length ?? 0;
  const lostRows = uploaded?.complete ? 0 : Math.min(pendingRows, unkept.rows);
  const counts = { rows, uploadedRows, pendingRows, lostRows, tooLongRows, pendingFiles };
  if (uploaded?.complete) return { ...counts, syncCommand: undefined };
  // It would be uploaded over what the service has got since.
  const isOlder = left && (left.isCut || uploadedRows >= left.rows);
  const folder = own ?? (isOlder ? undefined : left?.folder);
  if (lostRows > 0)
    say(
      folder === undefined
        ? `${lostRows} of ${rows} rows were in memory only, and are lost`
        : `${lostRows} of ${rows} rows could not be written to ${folder}, and are lost`,
    );
  else if (folder !== undefined && unkept.records > 0)
    say(`the end of the log could not be written to ${folder}; no row is lost`);
  if (isOlder)
    say(`${left.folder} has an earlier state of the run, not to be uploaded over a later one`);
  const files = `${pendingFiles} files, artifacts or alerts`;
  if (folder === undefined) {
    if (pendingFiles > 0) say(`${files} are not uploaded, and are lost`);
    return { ...counts, syncCommand: undefined };
  }
  const syncCommand = commandFor(folder);
  const more = pendingFiles > 0 ? ` and ${files}` : '';
  const count = pendingRows - lostRows;
  const which = uploaded ? `${count} of ${rows} rows${more} are not uploaded` : `${count} rows`;
  // Their lines at the service are those after the earlier part's.
  const how =
    earlier === undefined
      ? `upload them with: ${syncCommand}`
      : `first upload the earlier part of the run: ${syncCallOf(earlier)}, then these: ${syncCommand}`;
  say(`${which}; ${how}`);
  return { ...counts, syncCommand };
}

/** Tells of rows that no upload can take. */
export function tellOfTooLong(
  steps: readonly number[],
  rows: number,
  say: (text: string) => void,
): void {
  if (steps.length === 0) return;
  const named = steps.slice(0, 10).join(', ');
  const more = steps.length > 10 ? ` and ${steps.length - 10} more` : '';
  say(
    `${steps.length} of ${rows} rows have more than 10 MiB, which the service does not take, and are not uploaded: step ${named}${more}`,
  );
}
