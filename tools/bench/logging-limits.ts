import { growth, type LoggingMeasured } from './logging.ts';
import { quantile } from './statistics.ts';

const MIB = 2 ** 20;

/** What logging every batch has to keep to on every back end. */
export const LOGGING_LIMITS: readonly {
  readonly rule: string;
  readonly value: (measured: LoggingMeasured) => number;
  readonly most: number;
}[] = [
  {
    rule: 'logging > 20 µs a batch',
    value: ({ rounds }) =>
      quantile(
        rounds.map(({ median }) => median),
        0.5,
      ),
    most: 20,
  },
  {
    rule: 'the heap grows by > 8 MiB with the rows',
    value: (measured) => growth(measured).heap / MIB,
    most: 8,
  },
  {
    rule: 'the process grows by > 64 MiB with the rows',
    value: (measured) => growth(measured).peak / MIB,
    most: 64,
  },
];

/** A line for each limit that logging breaks, or that can't be looked at. */
export function brokenLoggingLimits(results: readonly LoggingMeasured[]): string[] {
  return results.flatMap((measured) => {
    const { backend, error } = measured;
    if (error !== undefined) return [`logging on ${backend}: ${error}`];
    return LOGGING_LIMITS.flatMap(({ rule, value, most }) => {
      const found = value(measured);
      return found <= most ? [] : [`${backend}: ${rule}: ${found.toFixed(1)}`];
    });
  });
}
