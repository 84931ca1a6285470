import type { Schedule } from './curve.ts';

/** A schedule that says as text what it is: loggers show it, and checkpoints know it from another. */
export function titled<S extends Schedule>(title: string, schedule: S): S {
  return Object.assign(schedule, { toString: () => title });
}
