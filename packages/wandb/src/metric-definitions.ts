import type { MetricRecord } from './record.ts';

/** What a metric is drawn over and how it is summed up. */
export interface MetricOptions {
  /** The metric that is its horizontal axis. @default the rows' count */
  readonly step?: string;
  /** What the summary holds of it. @default its last value */
  readonly summary?: MetricRecord['summary'];
  /** Which of its values is the best. @default the least */
  readonly goal?: MetricRecord['goal'];
  /** Draws no chart of it by itself. @default false */
  readonly hidden?: boolean;
}

/** The metrics of a run and what is to be done with them. */
export interface MetricDefinitions {
  /** Defines a metric, or by a name that ends in `*` all those that begin so, unless they are defined by their own name. */
  define(name: string, options: MetricOptions): void;
  /** Tells of a row's key: the first time, its definition is given where a glob has one. */
  see(key: string): void;
  /** All that is defined so far. */
  saved(): SavedDefinitions;
  /** Takes over what an earlier process has defined. */
  load(saved: SavedDefinitions): void;
}

/** Definitions as plain values. */
export interface SavedDefinitions {
  /** Those that were given. */
  readonly metrics: readonly MetricRecord[];
  /** Those of names that are yet to come, by how these begin. */
  readonly globs: readonly { readonly prefix: string; readonly options: MetricOptions }[];
}

/** Gives a record for each metric once it is known by name: the service knows no globs. */
export function metricDefinitions(give: (metric: MetricRecord) => void): MetricDefinitions {
  const globs = new Map<string, MetricOptions>();
  const seen = new Set<string>();
  /** Definitions by key. */
  const defined = new Map<string, MetricRecord>();

  const giveOnce = (key: string, { step, summary, goal, hidden }: MetricOptions): void => {
    const metric: MetricRecord = {
      name: nameOf(key),
      ...(step !== undefined && step !== key && { stepMetric: nameOf(step), stepSync: true }),
      ...(summary && { summary }),
      ...(goal && { goal }),
      ...(hidden && { hidden }),
    };
    const known = defined.get(key);
    if (known && textOf(known) === textOf(metric)) return;
    defined.set(key, metric);
    give(metric);
  };
  const optionsFor = (key: string): MetricOptions | undefined => {
    let longest: string | undefined;
    for (const prefix of globs.keys())
      if (key.startsWith(prefix) && prefix.length >= (longest?.length ?? 0)) longest = prefix;
    return longest === undefined ? undefined : globs.get(longest);
  };

  return {
    define(name, options) {
      if (!name.endsWith('*')) {
        giveOnce(name, options);
        return;
      }
      const prefix = name.slice(0, -1);
      globs.set(prefix, options);
      for (const key of seen)
        if (!defined.has(key) && key.startsWith(prefix)) giveOnce(key, options);
    },
    see(key) {
      if (seen.has(key)) return;
      seen.add(key);
      if (defined.has(key) || key.startsWith('_')) return;
      const options = optionsFor(key);
      if (options) giveOnce(key, options);
    },
    saved: () => ({
      metrics: [...defined.values()],
      globs: [...globs].map(([prefix, { step, summary, goal, hidden }]) => ({
        prefix,
        options: {
          ...(step !== undefined && { step }),
          ...(summary && { summary }),
          ...(goal && { goal }),
          ...(hidden !== undefined && { hidden }),
        },
      })),
    }),
    load({ metrics, globs: earlier }) {
      for (const metric of metrics) defined.set(metric.name.replace(/\\([\\.])/g, '$1'), metric);
      for (const { prefix, options } of earlier) globs.set(prefix, options);
    },
  };
}

/** In a metric's name a dot leads into a value; those of a key are escaped. */
function nameOf(key: string): string {
  return key.replace(/[\\.]/g, '\\$&');
}

function textOf({ name, stepMetric, stepSync, summary, goal, hidden }: MetricRecord): string {
  return JSON.stringify([
    name,
    stepMetric,
    stepSync ?? false,
    summary ?? [],
    goal,
    hidden ?? false,
  ]);
}
