import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseExtended } from '../src/extended-json.ts';
import type { Item, MetricRecord } from '../src/record.ts';
import { metricPath, runSummary, type RunSummary } from '../src/summary.ts';
import { toItems } from '../src/values.ts';
import { golden } from './media-golden.ts';

const PARTS = ['min', 'max', 'mean', 'first', 'last'] as const;

/** The metrics that the oracle defines. */
const DEFINITIONS: readonly Pick<MetricRecord, 'name' | 'summary'>[] = [
  ...[...PARTS, 'none' as const, 'copy' as const].map((part) => ({ name: part, summary: [part] })),
  { name: 'all', summary: PARTS },
  { name: 'some', summary: ['min', 'last'] },
  { name: 'off', summary: ['none', 'min'] },
  { name: 'in.side', summary: ['max'] },
  { name: 'dot\\.ted', summary: ['min'] },
];

const SEQUENCES: Readonly<Record<string, readonly unknown[]>> = {
  numbers: [3, 1, 2.5, -4],
  nan: [3, NaN, 2],
  infinite: [1, Infinity, -Infinity, 0],
  'text later': [3, 'text', true, null, 1],
};

const valuesOf = (items: readonly Item[]): object =>
  Object.fromEntries(items.map(({ key, valueJson }) => [String(key), parseExtended(valueJson)]));

const filled = (
  definitions: readonly Pick<MetricRecord, 'name' | 'summary' | 'goal'>[],
  rows: readonly object[],
): RunSummary => {
  const summary = runSummary();
  for (const definition of definitions) summary.define(definition);
  for (const row of rows) summary.add(toItems(row));
  return summary;
};

test.each(Object.keys(SEQUENCES))('sums up as the official client: %s', (name) => {
  const names = ['min', 'max', 'mean', 'first', 'last', 'none', 'copy', 'all', 'some', 'off'];
  const rows = SEQUENCES[name]!.map((value) => ({
    ...Object.fromEntries([...names, 'plain', 'dot.ted'].map((key) => [key, value])),
    in: { side: value },
  }));
  expect(valuesOf(filled(DEFINITIONS, rows).items())).toEqual(
    valuesOf(golden.summaries[name]!.map(([key, valueJson]) => ({ key, valueJson }))),
  );
});

test('the best is the least, or the greatest by the goal, and never NaN', () => {
  const definitions = [
    { name: 'loss', summary: ['best'] },
    { name: 'accuracy', summary: ['best', 'last'], goal: 'maximize' },
    { name: 'broken', summary: ['best'] },
  ] as const;
  const rows = [
    { loss: 2, accuracy: 0.5, broken: NaN },
    { loss: NaN, accuracy: NaN, broken: NaN },
    { loss: 1, accuracy: 0.75, broken: NaN },
    { loss: 3, accuracy: 0.25, broken: NaN },
  ];
  expect(valuesOf(filled(definitions, rows).items())).toEqual({
    loss: { best: 1 },
    accuracy: { best: 0.75, last: 0.25 },
  });
});

test('a number counts as its text does', () => {
  fc.assert(
    fc.property(fc.array(fc.double(), { maxLength: 5 }), (values) => {
      const summary = filled(DEFINITIONS, []);
      for (const value of values)
        for (const { name } of DEFINITIONS) summary.addNumber(name, value);
      const rows = values.map((value) =>
        Object.fromEntries(DEFINITIONS.map(({ name }) => [name, value])),
      );
      expect(summary.items()).toEqual(filled(DEFINITIONS, rows).items());
    }),
  );
});

test('a definition sums up the rows before it, too', () => {
  const summary = filled([], [{ loss: 1 }, { loss: 3 }]);
  summary.define({ name: 'loss', summary: ['min', 'max', 'mean'] });
  expect(valuesOf(summary.changed())).toEqual({ loss: { min: 1, max: 3, mean: 2 } });
  summary.define({ name: 'loss' });
  expect(valuesOf(summary.items())).toEqual({ loss: { min: 1, max: 3, mean: 2 } });
});

test('a value set by hand ends the definition; a row replaces it', () => {
  const summary = filled([{ name: 'loss', summary: ['min'] }], [{ loss: 1 }]);
  summary.set(toItems({ loss: 7, note: 'mine' }));
  expect(valuesOf(summary.items())).toEqual({ loss: 7, note: 'mine' });
  summary.add(toItems({ loss: 5 }));
  expect(valuesOf(summary.items())).toEqual({ loss: 5, note: 'mine' });
});

test('changed tells each change once', () => {
  const summary = filled([], [{ a: 1, b: { c: 2 } }]);
  expect(summary.changed()).toEqual([
    { key: 'a', valueJson: '1' },
    { key: ['b', 'c'], valueJson: '2' },
  ]);
  expect(summary.changed()).toEqual([]);
  summary.add(toItems({ a: 3 }));
  expect(summary.changed()).toEqual([{ key: 'a', valueJson: '3' }]);
  expect(summary.items()).toHaveLength(2);
});

test('a value takes the place of an object, and an object that of a value', () => {
  const summary = filled([], [{ a: 1 }, { a: { b: 2, c: 3 } }]);
  expect(valuesOf(summary.items())).toEqual({ 'a,b': 2, 'a,c': 3 });
  summary.add(toItems({ a: [4] }));
  expect(valuesOf(summary.items())).toEqual({ a: [4] });
});

test('what is removed is gone with all below it, until a row brings it back', () => {
  const summary = filled([], [{ a: { b: 1, c: 2 }, ab: 3 }]);
  summary.remove(['a', 'unknown']);
  expect(valuesOf(summary.items())).toEqual({ ab: 3 });
  summary.add(toItems({ a: { b: 4 } }));
  expect(valuesOf(summary.items())).toEqual({ ab: 3, 'a,b': 4 });
});

test('a metric name is a path with dots', () => {
  expect(metricPath('val/loss')).toEqual(['val/loss']);
  expect(metricPath('a.b.c')).toEqual(['a', 'b', 'c']);
  expect(metricPath('a\\.b.c\\d\\\\')).toEqual(['a.b', 'c\\d\\']);
});

test('any numbers come to what Math says', () => {
  const numbers = fc.array(fc.double({ noNaN: true, min: -1e100, max: 1e100 }), { minLength: 1 });
  fc.assert(
    fc.property(numbers, (values) => {
      const summary = filled(
        [{ name: 'x', summary: [...PARTS, 'best'] }],
        values.map((x) => ({ x })),
      );
      expect(valuesOf(summary.items())).toEqual({
        x: {
          min: Math.min(...values),
          max: Math.max(...values),
          mean: values.reduce((sum, value) => sum + value, 0) / values.length,
          // The sign of a best zero is that of the first.
          best: values.find((value) => value === Math.min(...values)),
          first: values[0],
          last: values.at(-1),
        },
      });
    }),
  );
});
