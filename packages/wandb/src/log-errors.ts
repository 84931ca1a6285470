/**
 * The log could not be written or synced: the disk is full or failing, or the log is closed. `cause` is the system's
 * error.
 *
 * After a failed write the log holds every earlier record and nothing of this one, and later records may be tried.
 */
export class LogWriteError extends Error {
  /** What failed. */
  readonly operation: 'write' | 'sync' | 'close';
  /** The system's name of the reason, such as `ENOSPC`; `undefined` if it has none. */
  readonly code: string | undefined;

  constructor(operation: LogWriteError['operation'], reason: string, cause?: unknown) {
    super(`log: could not ${operation}: ${reason}`, { cause });
    this.name = 'LogWriteError';
    this.operation = operation;
    const code = (cause as { readonly code?: unknown } | undefined)?.code;
    this.code = typeof code === 'string' ? code : undefined;
  }
}

/** A record in the middle of a log is damaged, or the file is no log. */
export class LogDamageError extends Error {
  /** Where the record begins that can't be read, in bytes. */
  readonly offset: number;
  /** Where the next record begins that can be; `undefined` if the file is no log. */
  readonly resumeAt: number | undefined;

  constructor(offset: number, resumeAt: number | undefined, reason: string, cause?: unknown) {
    super(`log: ${reason} at byte ${offset}`, { cause });
    this.name = 'LogDamageError';
    this.offset = offset;
    this.resumeAt = resumeAt;
  }
}

/** Another writer has the log. */
export class LogInUseError extends Error {
  override readonly name = 'LogInUseError';

  /** `who` says in words who has it, and what helps where that is not so. */
  constructor(path: string, who: string) {
    super(`log: ${path} is being written already, and has one writer at a time: ${who}`);
  }
}
