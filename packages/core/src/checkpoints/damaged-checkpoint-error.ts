/** A checkpoint is not whole: the message names it, the file and what is wrong with that. */
export class DamagedCheckpointError extends Error {
  override readonly name = 'DamagedCheckpointError';
  /** Where it is. */
  readonly checkpoint: string;
  readonly file: string;

  constructor(checkpoint: string, file: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`the checkpoint ${checkpoint} is damaged: ${file}: ${reason}`, { cause });
    this.checkpoint = checkpoint;
    this.file = file;
  }
}
