/** The bounds of the pauses between attempts. */
export interface BackoffOptions {
  /** Milliseconds. @default 2000 */
  readonly min?: number;
  /** Milliseconds. @default 60000 */
  readonly max?: number;
  /** Draws from [0, 1). @default Math.random */
  readonly random?: () => number;
}

/**
 * The pause after the nth failed attempt, n from 0, in milliseconds: drawn evenly between `min` and an upper bound that
 * doubles from `2 * min` up to `max`, so that many clients of a service that comes back don't come back at once.
 */
export function backoff({ min = 2000, max = 60_000, random = Math.random }: BackoffOptions = {}) {
  return (attempt: number): number => {
    const upper = Math.min(max, min * 2 ** Math.min(attempt + 1, 30));
    return min + random() * Math.max(0, upper - min);
  };
}

/**
 * Milliseconds that a `Retry-After` header asks to wait, a number of seconds or an HTTP date (RFC 9110, 10.2.3), at most
 * an hour; `undefined` if there is none that can be read.
 */
export function retryAfter(header: string | null, now = Date.now()): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), 3_600_000);
}
