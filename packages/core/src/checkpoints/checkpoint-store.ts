/** A place that holds checkpoints by name: a folder on disk, one that the browser keeps, or memory. */
export interface CheckpointStore {
  /** Where it is, for messages. */
  readonly place: string;
  /** Names of all that was begun to be written under a checkpoint's name; some may be incomplete. */
  list(): Promise<string[]>;
  /** Makes the place, where it is not there yet. Throws where nothing could be written there. */
  prepare(): Promise<void>;
  /**
   * Writes the files of a checkpoint, each in chunks, all of them or nothing. What is returned from is on the disk, not
   * in a cache. A checkpoint of that name is replaced, and stays until the new one is complete.
   */
  write(name: string, files: ReadonlyMap<string, readonly Uint8Array[]>): Promise<void>;
  /** Reads a file. Throws a {@link MissingFileError} where there is none. */
  read(name: string, file: string): Promise<Uint8Array>;
  /** Names of a checkpoint's files; of none, none. */
  files(name: string): Promise<string[]>;
  /** Removes a checkpoint with all its files; of none, does nothing. */
  remove(name: string): Promise<void>;
}

/** A store has no such file; any other error of `read` says that it may have one that can't be read. */
export class MissingFileError extends Error {
  override readonly name = 'MissingFileError';

  constructor(place: string, checkpoint: string, file: string) {
    super(`checkpoint: there is no file ${file} of ${checkpoint} in ${place}`);
  }
}
