import { beforeAll, describe, expect, it } from '@jest/globals';
import { batches, rng } from '@tfloop/core';
import { channelStatistics, normalize, type Examples, type ImageDataset } from '@tfloop/data';
import { digits } from '@tfloop/data/node';
import * as tf from '@tensorflow/tfjs';
import { counts } from './sets.ts';

const size = 28 * 28;

describe('digits', () => {
  let set: ImageDataset;
  beforeAll(async () => {
    set = await digits();
  });

  it('holds 10,000 images with the class counts of the first 10,000 of MNIST', () => {
    expect(set.shape).toEqual([28, 28, 1]);
    expect(set.train.images.shape).toEqual([8000, 28, 28, 1]);
    expect(set.test.images.shape).toEqual([2000, 28, 28, 1]);
    const [train, test] = [counts(set.train.labels, 10), counts(set.test.labels, 10)];
    expect(train.map((count, i) => count + test[i]!)).toEqual([
      1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978,
    ]);
    // A fifth of each, rounded.
    expect(test).toEqual([200, 225, 198, 206, 196, 173, 203, 214, 189, 196]);
  });

  it('has no test image among the training images', () => {
    const key = (image: Uint8Array) => Buffer.from(image).toString('latin1');
    const known = new Set(imagesOf(set.train).map(key));
    expect(known.size).toBe(8000);
    expect(imagesOf(set.test).filter((image) => known.has(key(image)))).toEqual([]);
  });

  it('has bytes with the mean and deviation known of MNIST', () => {
    const { mean, std } = channelStatistics(set.train.images);
    // All 60,000 images: 0.1307 and 0.3081 of 255.
    expect(Math.abs(mean[0]! / 255 - 0.1307)).toBeLessThan(0.002);
    expect(Math.abs(std[0]! / 255 - 0.3081)).toBeLessThan(0.002);
    expect(Math.max(...set.test.images.values.subarray(0, 100 * size))).toBe(255);
  });

  it('has labels that belong to the images, in mixed order', () => {
    // The nearest class mean is right for about four in five digits of MNIST.
    const means = Array.from({ length: 10 }, () => new Float64Array(size));
    const number = counts(set.train.labels, 10);
    imagesOf(set.train).forEach((image, i) => {
      const label = set.train.labels[i]!;
      image.forEach((value, p) => (means[label]![p]! += value / number[label]!));
    });
    const right = imagesOf(set.test).filter((image, i) => {
      const distances = means.map((mean) =>
        mean.reduce((sum, value, p) => sum + (value - image[p]!) ** 2, 0),
      );
      return distances.indexOf(Math.min(...distances)) === set.test.labels[i];
    }).length;
    expect(right / 2000).toBeGreaterThan(0.75);
    expect(counts(set.train.labels.subarray(0, 1000), 10).every((count) => count > 50)).toBe(true);
  });

  it('is the same every time', async () => {
    const again = await digits();
    expect(again.train.labels).toEqual(set.train.labels);
    const bytesOf = ({ images }: Examples) => images.values as Uint8Array;
    // Element by element, Jest would take long over six million of them.
    expect(Buffer.compare(bytesOf(again.train), bytesOf(set.train))).toBe(0);
    expect(Buffer.compare(bytesOf(again.test), bytesOf(set.test))).toBe(0);
  });

  it('goes into batches', () => {
    const { train } = normalize(set);
    const source = batches({ x: train.images, y: train.labels }, { batchSize: 64, shuffle: true });
    expect([source.batches, source.examples]).toEqual([125, 8000]);
    const epoch = source.epoch({ epoch: 0, phase: 'train', rng: rng(1, 'data') });
    for (const { x, y } of epoch as Iterable<{ x: tf.Tensor; y: tf.Tensor }>) {
      expect([x.shape, x.dtype]).toEqual([[64, 28, 28, 1], 'float32']);
      expect([y.shape, y.dtype]).toEqual([[64], 'int32']);
      tf.dispose([x, y]);
      break;
    }
  });
});

function imagesOf({ images }: Examples): Uint8Array[] {
  return Array.from(
    { length: images.shape[0] },
    (_, i) => images.values.subarray(i * size, (i + 1) * size) as Uint8Array,
  );
}
