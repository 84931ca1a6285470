import { describe, expect, it } from '@jest/globals';
import { imageDatasetOf, type RawExamples } from '@tfloop/data';

const raw = (n: number, size: readonly number[] = [2, 3], labels = n): RawExamples => ({
  images: {
    values: new Uint8Array(size.reduce((product, length) => product * length, n)),
    shape: [n, ...size],
  },
  labels: { values: Uint8Array.from({ length: labels }, (_, i) => i % 3) },
});
const of = (train: RawExamples, test: RawExamples, classes = ['a', 'b', 'c']) =>
  imageDatasetOf({ name: 'set', classes, train, test });

describe('imageDatasetOf', () => {
  it('gives images without channels one', () => {
    const train = raw(4);
    const set = of(train, raw(2));
    expect(set.shape).toEqual([2, 3, 1]);
    expect(set.train.images.shape).toEqual([4, 2, 3, 1]);
    expect(set.test.images.shape).toEqual([2, 2, 3, 1]);
    expect(set.train.images.values).toBe(train.images.values);
  });

  it('keeps channels', () => {
    expect(of(raw(4, [2, 3, 3]), raw(2, [2, 3, 3])).shape).toEqual([2, 3, 3]);
  });

  it.each([
    [raw(4, [2, 3], 5), raw(2), 'set train: 4 images have 5 labels'],
    [raw(4), raw(0), 'set test: there are no images'],
    [raw(4), raw(2, [3, 2]), 'training images are [2, 3, 1], but test images [3, 2, 1]'],
    [raw(4, [6]), raw(2), 'set train: 24 values are not images [4, 6]'],
  ])('refuses parts that do not fit', (train, test, message) => {
    expect(() => of(train, test)).toThrow(message);
  });

  it('refuses a label without a class', () => {
    expect(() => of(raw(4), raw(2), ['a', 'b'])).toThrow(
      'set train: a label is 2, but there are 2 classes',
    );
  });
});
