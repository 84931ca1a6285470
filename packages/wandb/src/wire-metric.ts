import type { MetricRecord } from './record.ts';
import {
  type Codec,
  constant,
  convert,
  flag,
  message,
  oneOf,
  optional,
  required,
  text,
} from './wire-codec.ts';

type Sum = NonNullable<MetricRecord['summary']>[number];
type Sums = { readonly [S in Sum]?: boolean };

interface WireMetric {
  readonly name: string;
  readonly stepMetric?: string;
  readonly options: Pick<MetricRecord, 'stepSync' | 'hidden'>;
  readonly summary?: Sums;
  readonly goal: 'unset' | 'minimize' | 'maximize';
}

const options = message<WireMetric['options']>(
  { stepSync: optional(1, flag), hidden: optional(2, flag) },
  // `defined`: the user said so, it isn't there because a row had the name.
  [constant(3, flag, true)],
);

const summary = message<Sums>({
  min: optional(1, flag),
  max: optional(2, flag),
  mean: optional(3, flag),
  best: optional(4, flag),
  last: optional(5, flag),
  none: optional(6, flag),
  copy: optional(7, flag),
  first: optional(8, flag),
});

const wireMetric = message<WireMetric>({
  name: required(1, text, ''),
  stepMetric: optional(4, text),
  options: required(6, options, {}),
  summary: optional(7, summary),
  goal: required(8, oneOf<WireMetric['goal']>('unset', 'minimize', 'maximize'), 'unset'),
});

/** A metric's definition. The sums are read in the order of the protocol, each once. */
export const metric: Codec<MetricRecord> = convert<MetricRecord, WireMetric>(
  wireMetric,
  ({ name, stepMetric, stepSync, hidden, summary: sums, goal }) => ({
    name,
    ...(stepMetric !== undefined && { stepMetric }),
    options: {
      ...(stepSync !== undefined && { stepSync }),
      ...(hidden !== undefined && { hidden }),
    },
    ...(sums && { summary: Object.fromEntries(sums.map((sum) => [sum, true])) }),
    goal: goal ?? 'unset',
  }),
  ({ name, stepMetric, options: { stepSync, hidden }, summary: sums, goal }) => ({
    name,
    ...(stepMetric !== undefined && { stepMetric }),
    ...(stepSync !== undefined && { stepSync }),
    ...(hidden !== undefined && { hidden }),
    ...(sums && { summary: SUMS.filter((sum) => sums[sum]) }),
    ...(goal !== 'unset' && { goal }),
  }),
);

const SUMS = ['min', 'max', 'mean', 'best', 'last', 'none', 'copy', 'first'] as const;
