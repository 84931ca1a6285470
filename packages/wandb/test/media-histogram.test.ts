import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { histogramCounts } from '../src/media/histogram-counts.ts';
import { wandbHistogram, wandbHistogramOfCounts } from '../src/media/histogram.ts';
import { parseExtended } from '../src/extended-json.ts';
import { golden, type GoldenNumbers } from './media-golden.ts';

const ARRAYS = { float32: Float32Array, float64: Float64Array, int32: Int32Array };

const numbers = ({ count, factor, modulus, scale, offset }: GoldenNumbers): number[] =>
  Array.from({ length: count }, (_, i) => (((i * factor) % modulus) / modulus) * scale + offset);

test('counts and edges are those of numpy to the last bit, in every precision', () => {
  let compared = 0;
  for (const { type, bins, counts, edges, sum, ...formula } of golden.histograms) {
    if (!counts) continue;
    const ours = histogramCounts(ARRAYS[type].from(numbers(formula)), bins);
    const pairs = ours.values.flatMap((count, i) => (count > 0 ? [[i, count]] : []));
    const step = Math.max(1, Math.floor(ours.bins.length / 8));
    expect({ pairs, of: { ...formula, type, bins } }).toEqual({
      pairs: counts,
      of: { ...formula, type, bins },
    });
    expect(ours.bins.filter((_, i) => i % step === 0)).toEqual(edges);
    expect(ours.bins.reduce((total, edge) => total + edge)).toBe(sum);
    compared++;
  }
  expect(compared).toBeGreaterThan(250);
});

test('where numpy refuses so many bins, there are fewer', () => {
  const refused = golden.histograms.filter(({ counts }) => !counts);
  expect(refused.length).toBeGreaterThan(0);
  for (const { type, bins, ...formula } of refused) {
    const { values } = histogramCounts(ARRAYS[type].from(numbers(formula)), bins);
    expect(values.length).toBeLessThan(bins);
    expect(values.reduce((sum, count) => sum + count)).toBe(formula.count);
  }
});

test('every finite number is counted once, between edges that enclose it', () => {
  const values = fc.array(fc.oneof(fc.float(), fc.integer(), fc.constantFrom(0.1, 0.2, 0.3)));
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 64 }), (list, bins) => {
      const { values: counts, bins: edges } = histogramCounts(list, bins);
      const finite = list.filter(Number.isFinite);
      const expected = counts.map((_, i) => {
        const isLast = i === counts.length - 1;
        return finite.filter(
          (x) => x >= edges[i]! && (x < edges[i + 1]! || (isLast && x <= edges[i + 1]!)),
        ).length;
      });
      expect(counts).toEqual(expected);
      expect(counts.reduce((sum, count) => sum + count)).toBe(finite.length);
    }),
  );
});

test.each([2 ** 24, -(2 ** 30), 2 ** 60])('one value has a bin, however large: %d', (value) => {
  for (const values of [Float32Array.of(value), Float64Array.of(value)]) {
    const { values: counts, bins } = histogramCounts(values, 64);
    expect(counts.reduce((sum, count) => sum + count)).toBe(1);
    expect(bins[0]).toBeLessThan(bins.at(-1)!);
  }
});

test('too wide a range is refused', () => {
  expect(() => histogramCounts([-1.7e308, 1.7e308], 4)).toThrow(
    'histogram: the range from -1.7e+308 to 1.7e+308 is too wide',
  );
});

test('is the row of the official client', () => {
  const expected: object = Object.fromEntries<unknown>(
    golden.media.rows
      .find(([item]) => item![0][0] === 'histogram')!
      .map(([path, text]): [string, unknown] => [path[1]!, parseExtended(text)]),
  );
  const histogram = wandbHistogram({ values: [1, 2, 3, 4.5] });
  expect(histogram.render('histogram', 5)).toEqual({ files: [], row: { histogram: expected } });
});

test('is counted at once: what it was made of may change', () => {
  const array = Float32Array.of(1, 2, 3);
  const tensor = tf.tensor1d([1, 2, 3]);
  const made = [
    wandbHistogram({ values: array, bins: 3 }),
    wandbHistogram({ values: tensor, bins: 3 }),
  ];
  array.fill(0);
  tensor.dispose();
  for (const histogram of made)
    expect(histogram.render('h', 0).row['h']).toMatchObject({ values: [1, 1, 1] });
});

test('takes counts that are there already', () => {
  const histogram = wandbHistogramOfCounts({
    counts: Int32Array.of(1, 2),
    edges: [0, 0.5, 1],
  });
  expect(histogram.render('h', 0).row).toEqual({
    h: { _type: 'histogram', values: [1, 2], bins: [0, 0.5, 1] },
  });
});

test('says what it takes where it is given the numbers themselves', () => {
  const takes = 'wandbHistogram takes an object, { values, bins }, got';
  expect(() => wandbHistogram([1, 2, 3] as never)).toThrow(`${takes} a list`);
  expect(() => wandbHistogram(tf.zeros([3]) as never)).toThrow(`${takes} a tensor`);
  expect(() => wandbHistogram(undefined as never)).toThrow(`${takes} undefined`);
});

test('refuses what is no histogram', () => {
  expect(() => wandbHistogram({ values: [1], bins: 513 })).toThrow(
    'wandbHistogram: bins must be an integer >= 1 and <= 512, got 513',
  );
  expect(() => wandbHistogramOfCounts({ counts: [1, 2], edges: [0, 1] })).toThrow(
    'wandbHistogramOfCounts: edges.length must be an integer >= 3 and <= 3, got 2',
  );
  const texts = tf.tensor1d(['a']);
  expect(() => wandbHistogram({ values: texts })).toThrow(
    'wandbHistogram: values must be numbers, got a tensor of string',
  );
  texts.dispose();
  expect(() => wandbHistogram({ value: [1] } as never)).toThrow('there is no option "value"');
  expect(() => wandbHistogram({} as never)).toThrow(
    'wandbHistogram: values must be a tensor, a typed array or a list of numbers',
  );
});
