import { rng } from '@tfloop/core';
import type { Examples, ImageDataset } from '@tfloop/data';

/** Two kinds of 4 × 4 images, dark above or dark below: 40 to train on and 20 held out. */
export function tinyData(): ImageDataset {
  const stream = rng(5, 'tiny data');
  const part = (count: number): Examples => {
    const labels = Uint8Array.from({ length: count }, (_, i) => i % 2);
    const values = Uint8Array.from({ length: count * 16 }, (_, i) => {
      const isUpper = i % 16 < 8 ? 1 : 0;
      return stream.integer(150) + (labels[i >> 4] === isUpper ? 100 : 0);
    });
    return { images: { values, shape: [count, 4, 4, 1] }, labels };
  };
  return {
    name: 'tiny',
    classes: ['below', 'above'],
    shape: [4, 4, 1],
    train: part(40),
    test: part(20),
  };
}
