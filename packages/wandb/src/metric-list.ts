import type { MetricRecord } from './record.ts';

/** The metrics of a run as its config holds them for the service: `_wandb.m`. */
export interface MetricList {
  define(metric: MetricRecord): void;
  /** Objects whose keys are the field numbers of MetricRecord in wandb_internal.proto. */
  json(): string;
}

/** The official client sends nothing of the ways `best` and `copy`, which it gave up. */
const summaries = {
  min: 1,
  max: 2,
  mean: 3,
  best: 0,
  last: 5,
  none: 6,
  copy: 0,
  first: 8,
} as const;
const goals = ['minimize', 'maximize'] as const;

/** Ways in which a metric can be summed up. */
export const METRIC_SUMMARIES = Object.keys(summaries);

/** Which of a metric's values can be the best. */
export const METRIC_GOALS: readonly string[] = goals;

export function metricList(): MetricList {
  /** A step metric that nobody defined stands in the list without options. */
  const metrics = new Map<string, MetricRecord | undefined>();
  return {
    define(metric) {
      metrics.set(metric.name, metric);
      const { stepMetric } = metric;
      if (stepMetric !== undefined && !metrics.has(stepMetric)) metrics.set(stepMetric, undefined);
    },
    json() {
      const names = [...metrics.keys()];
      return JSON.stringify(
        [...metrics].map(([name, metric]) => ({
          1: name,
          ...(metric?.stepMetric !== undefined && { 5: names.indexOf(metric.stepMetric) + 1 }),
          6: metric ? optionsOf(metric) : [],
          7: (metric?.summary ?? []).map((way) => summaries[way]).filter(Boolean),
          ...(metric?.goal && { 8: goals.indexOf(metric.goal) + 1 }),
        })),
      );
    },
  };
}

/** Field numbers: 1 step_sync, 2 hidden, 3 defined. */
function optionsOf({ stepSync, hidden }: MetricRecord): number[] {
  return [...(stepSync ? [1] : []), ...(hidden ? [2] : []), 3];
}
