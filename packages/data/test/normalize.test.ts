import { describe, expect, it } from '@jest/globals';
import { channelStatistics, normalize, split } from '@tfloop/data';
import { images, numbered } from './sets.ts';

describe('channelStatistics', () => {
  it('takes each channel for itself', () => {
    // Channel 0: 0 2 4 6, mean 3, squares of differences 9 1 1 9, std sqrt(20 / 4) = sqrt(5).
    // Channel 1: 5 5 5 5.
    const { mean, std } = channelStatistics(
      images(
        [
          [0, 5, 2, 5],
          [4, 5, 6, 5],
        ],
        2,
      ),
    );
    expect(mean).toEqual([3, 5]);
    expect(std[0]).toBeCloseTo(Math.sqrt(5), 14);
    expect(std[1]).toBe(0);
  });

  it('loses no digits to a large mean', () => {
    // 4096 and 4097 in turn: mean 4096.5, std 0.5.
    const values = Float32Array.from({ length: 1000 }, (_, i) => 4096 + (i % 2));
    expect(channelStatistics({ values, shape: [10, 10, 10, 1] })).toEqual({
      mean: [4096.5],
      std: [0.5],
    });
  });
});

describe('normalize', () => {
  it('uses the training statistics for every split', () => {
    // Training pixels 0 1 2: mean 1, std sqrt(2 / 3), so 0 1 2 become -a 0 a with a = sqrt(3 / 2).
    const set = numbered([0, 1, 2]);
    const result = normalize(set);
    const a = Math.fround(Math.sqrt(1.5));
    expect(result.train.images.values).toEqual(Float32Array.of(-a, 0, a));
    expect(result.test.images.values).toEqual(Float32Array.of(-a, 0));
    expect(result.train.images.shape).toEqual([3, 1, 1, 1]);
    expect(result.test.labels).toBe(set.test.labels);
    expect(set.train.images.values).toEqual(Uint8Array.of(0, 1, 2));
    expect('valid' in result).toBe(false);
  });

  it('normalizes a validation split as well, without looking at it', () => {
    const set = split(numbered([0, 0, 0, 0, 0, 0]), { fraction: 0.5 });
    const { mean, std } = channelStatistics(set.train.images);
    const { valid } = normalize(set);
    const expected = Array.from(set.valid.images.values, (value) =>
      Math.fround((value - mean[0]!) * (1 / std[0]!)),
    );
    expect(Array.from(valid.images.values)).toEqual(expected);
  });

  it('only centres a constant channel', () => {
    const set = numbered([0]);
    const values = Uint8Array.of(7);
    const constant = { ...set.train, images: { ...set.train.images, values } };
    const result = normalize({ ...set, train: constant });
    expect(result.train.images.values).toEqual(Float32Array.of(0));
    // Test pixels 0 and 1, less 7.
    expect(result.test.images.values).toEqual(Float32Array.of(-7, -6));
  });
});
