import { describe, expect, it } from '@jest/globals';
import { split } from '@tfloop/data';
import { counts, numbered } from './sets.ts';

// 20 of class 0, 10 of class 1, 5 of class 2, mixed.
const labels = Array.from({ length: 35 }, (_, i) => [0, 0, 1, 0, 2, 0, 1][i % 7]!);
const rows = (values: ArrayLike<number>) => Array.from(values);

describe('split', () => {
  it('holds out the same share of every class', () => {
    // A fifth of 20, 10 and 5: 4, 2 and 1.
    const { train, valid } = split(numbered(labels), { fraction: 0.2 });
    expect(counts(valid.labels, 3)).toEqual([4, 2, 1]);
    expect(counts(train.labels, 3)).toEqual([16, 8, 4]);
  });

  it('loses and doubles nothing, and keeps images with their labels and in order', () => {
    const set = numbered(labels);
    const { train, valid, test } = split(set, { fraction: 0.3, seed: 5 });
    const [kept, held] = [rows(train.images.values), rows(valid.images.values)];
    const ascending = (a: number, b: number) => a - b;
    expect([...kept, ...held].sort(ascending)).toEqual(rows(set.train.images.values));
    expect(kept).toEqual([...kept].sort(ascending));
    expect(held).toEqual([...held].sort(ascending));
    expect(held.map((row) => labels[row])).toEqual(rows(valid.labels));
    expect(kept.map((row) => labels[row])).toEqual(rows(train.labels));
    expect(train.images.shape).toEqual([kept.length, 1, 1, 1]);
    expect(test).toBe(set.test);
    expect('valid' in set).toBe(false);
  });

  it('rounds the shares by largest remainders', () => {
    // round(35 * 0.1) = 4 (35 * 0.1 = 3.5): shares 80/35 = 2 + 10/35, 40/35 = 1 + 5/35, 20/35 = 0 + 20/35.
    // 2 + 1 + 0 = 3, and the last one goes to class 2.
    expect(counts(split(numbered(labels)).valid.labels, 3)).toEqual([2, 1, 1]);
  });

  it('depends on the seed alone', () => {
    const held = (seed: number) =>
      rows(split(numbered(labels), { fraction: 0.2, seed }).valid.images.values);
    expect(held(1)).toEqual(held(1));
    expect(held(1)).not.toEqual(held(2));
    expect(held(0)).toEqual(rows(split(numbered(labels), { fraction: 0.2 }).valid.images.values));
  });

  it.each([0, 1, -0.1, NaN])('refuses the fraction %d', (fraction) => {
    expect(() => split(numbered(labels), { fraction })).toThrow(
      `split: fraction must be a number > 0 and < 1, got ${fraction}`,
    );
  });

  it('refuses to leave a part empty', () => {
    expect(() => split(numbered([0, 1, 2]), { fraction: 0.1 })).toThrow(
      'split: fraction 0.1 of 3 examples leaves one part empty',
    );
  });

  it('refuses other wrong options and a second split', () => {
    expect(() => split(numbered(labels), { seed: 0.5 })).toThrow(
      'split: seed must be an integer, got 0.5',
    );
    const misspelt = { fractoin: 0.5 } as object;
    expect(() => split(numbered(labels), misspelt)).toThrow('split: there is no option "fractoin"');
    expect(() => split(split(numbered(labels)))).toThrow(
      'split: numbered has a validation split already',
    );
  });
});
