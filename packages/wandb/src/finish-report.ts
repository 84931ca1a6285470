/** How a run ended. */
export interface FinishReport {
  /** Rows that were logged, by earlier processes of the run as well. */
  readonly rows: number;
  /** Those that the service has. */
  readonly uploadedRows: number;
  /** Those that it has not: they are in the folder, and `syncCommand` uploads them. */
  readonly pendingRows: number;
  /** Uploads the run later; undefined where nothing is left to upload, or there is no folder. */
  readonly syncCommand: string | undefined;
}

/** The command of the official client that uploads a run's folder. */
export function syncCommandOf(folder: string): string {
  const isPlain = /^[\w@%+=:,./-]+$/.test(folder);
  return `wandb sync ${isPlain ? folder : `'${folder.replaceAll("'", `'\\''`)}'`}`;
}
