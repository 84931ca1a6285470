/** A timer that doesn't keep a Node process alive; browsers have no such notion. */
export function backgroundTimer(run: () => void, milliseconds: number): () => void {
  const timer: unknown = setTimeout(run, milliseconds);
  if (typeof timer === 'object' && timer !== null && 'unref' in timer)
    (timer as { unref(): void }).unref();
  return () => clearTimeout(timer as ReturnType<typeof setTimeout>);
}
