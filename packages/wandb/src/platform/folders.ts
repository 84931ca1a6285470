/** The files of runs besides their logs. Paths have forward slashes. */
export interface Folders {
  /** The path from the file system's root. */
  absolute(path: string): string;
  /** Names in a folder; none where it is missing. */
  list(folder: string): string[];
  /** Makes a folder and those above it. */
  make(folder: string): void;
  /** Writes a file whole, in one step, and the folders above it. */
  write(path: string, bytes: Uint8Array | string): void;
  /** The text of a file; undefined where it is missing. */
  readText(path: string): string | undefined;
  read(path: string): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Resolves when all that was written below a run's folder is there, or never will be. Missing where it is at once.
   * Never rejects.
   */
  leave?(folder: string): Promise<void>;
  /** Removes a run's folder that is uploaded. Missing where folders are the user's. Never rejects. */
  discard?(folder: string): Promise<void>;
}
