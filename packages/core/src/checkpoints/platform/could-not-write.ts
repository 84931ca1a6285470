/** An error that says which checkpoint could not be written and where. */
export function couldNotWrite(name: string, dir: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error(`checkpoint: could not write ${name} to ${dir}: ${reason}`, { cause });
}
