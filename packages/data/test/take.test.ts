import { describe, expect, it } from '@jest/globals';
import { split, take } from '@tfloop/data';
import { counts, numbered } from './sets.ts';

const labels = [0, 0, 0, 0, 0, 0, 1, 1, 1, 2];

describe('take', () => {
  it('keeps the shares of the classes and the other splits', () => {
    // Half of 6, 3 and 1 is 3, 1.5 and 0.5; of the two equal remainders the lower label gets the last one.
    const set = split(numbered([...labels, ...labels]), { fraction: 0.5 });
    const part = take(set, 5);
    expect(counts(part.train.labels, 3)).toEqual([3, 2, 0]);
    expect(part.train.images.shape).toEqual([5, 1, 1, 1]);
    expect(part.valid).toBe(set.valid);
    expect(part.test).toBe(set.test);
  });

  it('takes everything, in order', () => {
    const set = numbered(labels);
    expect(take(set, 10).train).toEqual(set.train);
  });

  it('depends on the seed alone', () => {
    const taken = (seed: number) => Array.from(take(numbered(labels), 4, seed).train.images.values);
    expect(taken(3)).toEqual(taken(3));
    expect(new Set([0, 1, 2, 3, 4, 5].map((seed) => taken(seed).join())).size).toBeGreaterThan(1);
  });

  it('keeps normalized images as they are', () => {
    const set = numbered(labels);
    const values = Float32Array.from(labels, (_, i) => i / 2);
    const float = { ...set, train: { ...set.train, images: { ...set.train.images, values } } };
    expect(take(float, 10).train.images.values).toEqual(values);
  });

  it.each([0, 11, 1.5])('refuses n = %d', (n) => {
    expect(() => take(numbered(labels), n)).toThrow(
      `take: n must be an integer >= 1 and <= 10, got ${n}`,
    );
  });
});
