import type { Item, MetricRecord } from './record.ts';
import { numberText } from './value-form.ts';

/** What a run's metrics came to. Its memory grows with the number of keys, not of rows. */
export interface RunSummary {
  /**
   * Sums a metric up by its `summary` from now on, also over the rows before; without one, nothing changes. The name
   * is a path with dots, `\.` being a dot of the key itself; globs are for the caller to expand.
   */
  readonly define: (metric: Pick<MetricRecord, 'name' | 'summary' | 'goal'>) => void;
  /** Takes a row in. */
  readonly add: (row: readonly Item[]) => void;
  /** Takes in a number of a row, of which nothing has to be parsed. */
  readonly addNumber: (key: string, value: number) => void;
  /** Sets values by hand, which ends a metric's definition, as in the official client. */
  readonly set: (items: readonly Item[]) => void;
  /** Takes keys away. They come back with the next row that has them. */
  readonly remove: (keys: readonly Item['key'][]) => void;
  /** What is new or different since the last call. */
  readonly changed: () => Item[];
  /** All of it. */
  readonly items: () => Item[];
  /** What is known of metrics with a definition, of which the last value is not enough to go on. */
  readonly saved: () => SavedMetric[];
  /** Takes over what an earlier process had saved. */
  readonly load: (saved: readonly SavedMetric[]) => void;
}

/** What a metric with a definition came to. Plain values: numbers are texts, because some are not finite. */
export interface SavedMetric {
  readonly key: Item['key'];
  /** Values as JSON texts; null where there was none. */
  readonly first: string | null;
  readonly last: string;
  readonly lastButNull: string | null;
  /** Numbers by their names here. */
  readonly numbers: Readonly<Record<string, string>>;
}

/**
 * An empty summary, to be filled row by row.
 *
 * A metric comes to its last value; one with a definition comes to an object of `min`, `max`, `mean`, `best`,
 * `first` and `last`, as far as they are asked for; `none` leaves it out and `copy` is the last value. These are the
 * official client's rules, NaN included: once seen, it stays the minimum, maximum and mean. `best` is the maximum
 * where the metric's goal is to maximize, else the minimum, and passes over NaN. Unlike there, a member that needs a
 * number is left out until there is one. A null leaves a metric without a definition as it was.
 */
export function runSummary(): RunSummary {
  const metrics = new Map<string, Metric>();
  const definitions = new Map<string, Definition>();

  const metricOf = (key: Item['key']): Metric => {
    const id = idOf(key);
    const known = metrics.get(id);
    if (known) return known;
    // A value takes the place of an object of values, and the other way round.
    for (const other of metrics.keys())
      if (isWithin(other, id) || isWithin(id, other)) metrics.delete(other);
    const metric = newMetric(key, definitions.get(id));
    metrics.set(id, metric);
    return metric;
  };
  const itemsOf = (which: (metric: Metric) => boolean): Item[] =>
    [...metrics.values()].filter(which).flatMap((metric) => {
      const valueJson = textOf(metric);
      return valueJson === undefined ? [] : [{ key: metric.key, valueJson }];
    });

  return {
    define({ name, summary, goal }) {
      if (!summary) return;
      const id = idOf(metricPath(name));
      const definition = { parts: new Set(summary), maximize: goal === 'maximize' };
      definitions.set(id, definition);
      const metric = metrics.get(id);
      if (metric) Object.assign(metric, { definition, isChanged: true });
    },
    add(row) {
      for (const { key, valueJson } of row) take(metricOf(key), valueJson);
    },
    addNumber(key, value) {
      const metric = metricOf(key);
      keep(metric, value);
      count(metric, value);
    },
    set(items) {
      for (const { key, valueJson } of items) {
        definitions.delete(idOf(key));
        const metric = metricOf(key);
        metric.definition = undefined;
        keep(metric, valueJson);
      }
    },
    remove(keys) {
      for (const key of keys) {
        const id = idOf(key);
        for (const other of metrics.keys())
          if (other === id || isWithin(other, id)) metrics.delete(other);
      }
    },
    changed() {
      const items = itemsOf(({ isChanged }) => isChanged);
      for (const metric of metrics.values()) metric.isChanged = false;
      return items;
    },
    items: () => itemsOf(() => true),
    saved: () => [...metrics.values()].filter(({ definition }) => definition).map(savedMetric),
    load(saved) {
      for (const { key, first, last, lastButNull, numbers } of saved) {
        const metric = metricOf(key);
        Object.assign(metric, {
          first: first ?? undefined,
          last,
          lastButNull: lastButNull ?? undefined,
        });
        for (const name of NUMBERS) metric[name] = Number(numbers[name] ?? metric[name]);
      }
    },
  };
}

/** The keys that a metric's name leads through: `a.b` is the b of a, `a\.b` the key "a.b". */
export function metricPath(name: string): string[] {
  const keys = [''];
  for (const [part] of name.matchAll(/\\[\\.]|[^]/gu)) {
    if (part === '.') keys.push('');
    else keys.push(`${keys.pop() ?? ''}${part.replace(/^\\(?=.)/u, '')}`);
  }
  return keys;
}

interface Definition {
  readonly parts: ReadonlySet<string>;
  readonly maximize: boolean;
}

type Value = string | number;

interface Metric {
  readonly key: Item['key'];
  definition: Definition | undefined;
  /** Values as JSON texts, or numbers, of which a text is made when it is wanted. */
  first: Value | undefined;
  last: Value;
  lastButNull: Value | undefined;
  min: number;
  max: number;
  /** Least and greatest but for NaN. */
  lowest: number;
  highest: number;
  total: number;
  count: number;
  isChanged: boolean;
}

const NUMBERS = ['min', 'max', 'lowest', 'highest', 'total', 'count'] as const;

function savedMetric(metric: Metric): SavedMetric {
  const { key, first, last, lastButNull } = metric;
  return {
    key,
    first: first === undefined ? null : jsonOf(first),
    last: jsonOf(last),
    lastButNull: lastButNull === undefined ? null : jsonOf(lastButNull),
    numbers: Object.fromEntries(NUMBERS.map((name) => [name, numberText(metric[name])])),
  };
}

function newMetric(key: Item['key'], definition: Definition | undefined): Metric {
  return {
    key,
    definition,
    first: undefined,
    last: 'null',
    lastButNull: undefined,
    min: Infinity,
    max: -Infinity,
    lowest: Infinity,
    highest: -Infinity,
    total: 0,
    count: 0,
    isChanged: true,
  };
}

function keep(metric: Metric, value: Value): void {
  metric.first ??= value;
  metric.last = value;
  if (value !== 'null') metric.lastButNull = value;
  metric.isChanged = true;
}

function take(metric: Metric, valueJson: string): void {
  keep(metric, valueJson);
  if (isNumberText(valueJson)) count(metric, Number(valueJson));
}

function count(metric: Metric, value: number): void {
  metric.min = Math.min(metric.min, value);
  metric.max = Math.max(metric.max, value);
  if (value < metric.lowest) metric.lowest = value;
  if (value > metric.highest) metric.highest = value;
  metric.total += value;
  metric.count++;
}

// Begins with a digit, "-", "I" or "N": NaN and Infinity are numbers here.
function isNumberText(valueJson: string): boolean {
  const start = valueJson.charCodeAt(0);
  return (start >= 48 && start <= 57) || start === 45 || start === 73 || start === 78;
}

function textOf(metric: Metric): string | undefined {
  const { definition, last, lastButNull, first = 'null', count } = metric;
  if (definition?.parts.has('none')) return undefined;
  const members: string[] = [];
  const member = (part: string, text: () => string): void => {
    if (definition?.parts.has(part)) members.push(`"${part}":${text()}`);
  };
  if (count > 0) {
    member('min', () => numberText(metric.min));
    member('max', () => numberText(metric.max));
    member('mean', () => numberText(metric.total / count));
    const best = definition?.maximize ? metric.highest : metric.lowest;
    if (metric.lowest <= metric.highest) member('best', () => numberText(best));
  }
  member('first', () => jsonOf(first));
  member('last', () => jsonOf(last));
  if (members.length > 0) return `{${members.join(',')}}`;
  const asks = definition && PARTS.some((part) => definition.parts.has(part));
  return asks || lastButNull === undefined ? undefined : jsonOf(lastButNull);
}

function jsonOf(value: Value): string {
  return typeof value === 'number' ? numberText(value) : value;
}

const PARTS = ['min', 'max', 'mean', 'best', 'first', 'last'] as const;

function idOf(key: Item['key']): string {
  return typeof key === 'string' ? key : key.join('\0');
}

function isWithin(id: string, outer: string): boolean {
  return id.startsWith(`${outer}\0`);
}
