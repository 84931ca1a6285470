/** Where a log's bytes go: a file, memory. */
export interface LogSink {
  /**
   * Puts all the bytes at the end, or throws and has put fewer: whoever throws with all of them there leaves a
   * record that its writer takes for refused. When it returns they survive the death of the process. They are the
   * caller's: what is to be kept is copied.
   */
  write(bytes: Uint8Array): void;
  /**
   * Puts bytes at an offset, in place of all that is there from it on. Where that fails the bytes there are gone. Until
   * then they are there: a process that is killed leaves the old ones or the new ones.
   */
  replace(offset: number, bytes: Uint8Array): void;
  /** Cuts off what lies beyond the first `length` bytes, so that the next write begins there. */
  truncate(length: number): void;
  /** Makes what was written survive the death of the machine. */
  sync(): void;
  /** Lets go of what it holds. */
  close(): void;
}

/** Where a log's bytes are read, while more of them may come. */
export interface LogSource {
  /** Fills `target` from an offset in bytes as far as there are any, and returns how many there were. */
  read(offset: number, target: Uint8Array): number;
  /** Lets go of what it holds. */
  close(): void;
}

/** How much of a log that is written a while after is there. */
export interface Kept {
  readonly bytes: number;
  readonly isAll: boolean;
}

/** The files of logs. */
export interface LogFiles {
  /**
   * Keeps other writers away from a log before it is created or gone on with, until the function it resolves with is
   * called, which resolves when others can have it; undefined where there is a writer. Missing where sinks do that.
   */
  claim?(path: string): Promise<(() => Promise<void>) | undefined>;
  /** Makes a log ready to be read. Missing where it is. Rejects where it can't be. */
  load?(path: string): Promise<void>;
  /** Bytes of a log that is written that survive, and whether no more will. Missing where all do at once. */
  kept?(path: string): Kept;
  /** Creates a log with the folders above it; throws if there is a file of the name. Its sink keeps others away. */
  create(path: string): LogSink;
  /**
   * Opens a log to go on writing at an offset, cutting off what lies beyond it. Throws a LogInUseError while there is
   * another sink of it, of any process.
   */
  append(path: string, offset: number): LogSink;
  /** Whether a log has a writer: `'elsewhere'`, on another machine, is known to be over only after 30 s. */
  writerOf(path: string): 'here' | 'elsewhere' | undefined;
  /** Says in words who writes a log, and what helps where nobody does. Missing where writers have no names. */
  whoWrites?(path: string): string;
  /** What lies before an offset of a log is not read again. Missing where that frees no memory. */
  forget?(path: string, offset: number): void;
  /** Opens a log to read it. */
  read(path: string): LogSource;
}
