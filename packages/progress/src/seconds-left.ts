/**
 * Seconds until all batches are done, if the rest goes as fast as the batches so far; undefined where there
 * is nothing to go by.
 */
export function secondsLeft(
  seconds: number,
  done: number,
  total: number | undefined,
): number | undefined {
  if (total === undefined || done <= 0 || total < done) return undefined;
  return (seconds / done) * (total - done);
}
