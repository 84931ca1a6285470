import type { Host } from './platform/host.ts';

/** How a run ended. */
export interface FinishReport {
  /** Rows that were logged, by earlier processes of the run as well. */
  readonly rows: number;
  /** Those that the service has. */
  readonly uploadedRows: number;
  /** Those that it has not: they are in the folder, and `syncCommand` uploads them. */
  readonly pendingRows: number;
  /** Files, artifacts and alerts that the service has refused or not taken: they are uploaded later as well. */
  readonly pendingFiles: number;
  /** Uploads the run later; undefined where nothing is left to upload, or there is no folder. */
  readonly syncCommand: string | undefined;
}

/** The command of the official client that uploads a run's folder, which Node has. */
export function syncCommandOf(folder: string): string {
  const isPlain = /^[\w@%+=:,./-]+$/.test(folder);
  return `wandb sync ${isPlain ? folder : `'${folder.replaceAll("'", `'\\''`)}'`}`;
}

/** What there is to report on. */
export interface FinishFacts {
  readonly rows: number;
  /** What the service has; undefined where it is not asked. */
  readonly uploaded:
    | {
        readonly uploadedRows: number;
        readonly failed: readonly string[];
        readonly complete: boolean;
      }
    | undefined;
  /** Records that could not be written. */
  readonly waiting: number;
  readonly folder: string | undefined;
  readonly host: Pick<Host, 'syncCommand'>;
}

/** The report, and what the user should know of it. */
export function finishReport(
  { rows, uploaded, waiting, folder, host }: FinishFacts,
  say: (text: string) => void,
): FinishReport {
  const uploadedRows = uploaded?.uploadedRows ?? 0;
  const pendingRows = rows - uploadedRows;
  const pendingFiles = uploaded?.failed.length ?? 0;
  const counts = { rows, uploadedRows, pendingRows, pendingFiles };
  if (uploaded?.complete) return { ...counts, syncCommand: undefined };
  if (waiting > 0)
    say(`${waiting} records could not be written to ${folder ?? 'memory'}, and are lost`);
  const syncCommand = folder === undefined ? undefined : host.syncCommand(folder);
  const files = pendingFiles > 0 ? ` and ${pendingFiles} files, artifacts or alerts` : '';
  const which = uploaded
    ? `${pendingRows} of ${rows} rows${files} are not uploaded`
    : `${rows} rows`;
  if (syncCommand !== undefined) say(`${which}; upload them with: ${syncCommand}`);
  return { ...counts, syncCommand };
}
