/** A checkpoint that can't be read: the message names it, the file and what is wrong with that. */
export class DamagedCheckpointError extends Error {
  constructor(checkpoint: string, file: string, reason: string, options?: ErrorOptions) {
    super(`${checkpoint}: ${file}: ${reason}`, options);
    this.name = 'DamagedCheckpointError';
  }
}
