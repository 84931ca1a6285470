import { fork } from 'node:child_process';
import { once } from 'node:events';
export interface LoggingRound {
  /** Microseconds that the hooks took a batch. */
  readonly hookMicroseconds: number;
  readonly differenceMicroseconds: number;
  readonly rows: number;
  readonly rss: number;
  readonly heap: number;
}
