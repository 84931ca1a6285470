import { growth, type LoggingMeasured } from './logging.ts';
import type { Lane, Measured } from './measure.ts';
import { quantile, ratios } from './statistics.ts';

/** The contender of a back end that the others are divided by. */
export const BASE = 'by hand';

interface Limit {
  /** When it is broken, in words. */
  readonly rule: string;
  /** The contender that tfloop is divided by. */
  readonly over: string;
  /** The workload that it holds for, or all of them. */
  readonly workload?: string;
  readonly isBroken: (ratio: number) => boolean;
}

/** What tfloop's own lane has to keep to on every back end. */
export const LIMITS: readonly Limit[] = [
  {
    rule: `tfloop ÷ ${BASE} > 1.03 on mlp`,
    over: BASE,
    workload: 'mlp',
    isBroken: (ratio) => ratio > 1.03,
  },
  {
    rule: 'tfloop ÷ model.fit >= 1',
    over: 'model.fit',
    isBroken: (ratio) => ratio >= 1,
  },
];

/** A line for each limit that figures break, or that can't be looked at because a lane is missing. */
export function brokenLimits(results: readonly Measured[]): string[] {
  const places = new Map(
    results.map((lane) => [`${lane.workload} on ${lane.backend}`, lane] as const),
  );
  return LIMITS.flatMap(({ rule, over, workload, isBroken }) =>
    [...places].flatMap(([place, lane]) => {
      if (workload !== undefined && lane.workload !== workload) return [];
      const { median } = ratioOf(results, { ...lane, contender: 'tfloop' }, { contender: over });
      if (Number.isNaN(median)) return [`${place}: no figures of tfloop and ${over} to compare`];
      return isBroken(median) ? [`${place}: ${rule}: ${median.toFixed(3)}`] : [];
    }),
  );
}

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

/** A lane's times over those of another one, which differs in what is given; NaN where one is missing. */
export function ratioOf(results: readonly Measured[], lane: Lane, other: Partial<Lane>) {
  const times = ({ workload, backend, contender }: Lane) =>
    results.find(
      (found) =>
        found.workload === workload && found.backend === backend && found.contender === contender,
    )?.msPerStep ?? [];
  return ratios(times(lane), times({ ...lane, ...other }));
}
