import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { cutmixBatch, cutRectangle } from '@tfloop/mixup';
import fc from 'fast-check';

describe('cutRectangle', () => {
  it('cuts √(1 − λ) of each side around the centre', () => {
    // λ = 0.75 cuts half of each side: 4 of 8 and 2 of 4.
    expect(cutRectangle(0.75, 8, 4, 4, 2)).toEqual({ top: 2, bottom: 6, left: 1, right: 3 });
  });

  it('is clipped at the borders', () => {
    expect(cutRectangle(0.75, 8, 4, 0, 3)).toEqual({ top: 0, bottom: 2, left: 2, right: 4 });
  });

  it('is empty at λ = 1; at λ = 0 it is the image around its middle', () => {
    expect(cutRectangle(1, 8, 4, 4, 2)).toEqual({ top: 4, bottom: 4, left: 2, right: 2 });
    expect(cutRectangle(0, 8, 4, 4, 2)).toEqual({ top: 0, bottom: 8, left: 0, right: 4 });
  });

  it('is within the image, and never larger than asked', () => {
    const side = fc.integer({ min: 1, max: 40 });
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(unit, side, side, unit, unit, (lambda, height, width, y, x) => {
        const [centerY, centerX] = [Math.floor(y * (height - 1)), Math.floor(x * (width - 1))];
        const { top, left, bottom, right } = cutRectangle(lambda, height, width, centerY, centerX);
        expect(top).toBeGreaterThanOrEqual(0);
        expect(left).toBeGreaterThanOrEqual(0);
        expect(bottom).toBeLessThanOrEqual(height);
        expect(right).toBeLessThanOrEqual(width);
        expect(bottom).toBeGreaterThanOrEqual(top);
        expect(right).toBeGreaterThanOrEqual(left);
        expect(bottom - top).toBeLessThanOrEqual(height * Math.sqrt(1 - lambda) + 0.5);
      }),
    );
  });
});

describe('cutmixBatch', () => {
  it('puts the partner’s rectangle into each image, and λ is the area left', () => {
    const before = tf.memory().numTensors;
    const x = tf.tensor4d([1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2], [2, 2, 3, 1]);
    const y = tf.tensor1d([0, 1], 'int32');
    const rectangle = { top: 0, bottom: 1, left: 1, right: 3 };
    const mixed = cutmixBatch({ x, y }, { rectangle, partners: [1, 0] });
    // Two of six pixels are the partner's: λ = 2/3.
    expect([...(mixed.x as tf.Tensor).dataSync()]).toEqual([1, 2, 2, 1, 1, 1, 2, 1, 1, 2, 2, 2]);
    for (const share of mixed.y.lambda.dataSync()) expect(share).toBeCloseTo(2 / 3, 6);
    expect([...mixed.y.second.dataSync()]).toEqual([1, 0]);
    expect(mixed.y.mixes).toBe('losses');
    expect([...x.dataSync()]).toEqual([1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
    tf.dispose([x, y, mixed as unknown as tf.TensorContainer]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('takes integer images, several inputs and channels', () => {
    tf.tidy(() => {
      const a = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [2, 1, 2, 2], 'int32');
      const b = tf.tensor4d([10, 20, 30, 40], [2, 1, 2, 1]);
      const rectangle = { top: 0, bottom: 1, left: 0, right: 1 };
      const mixed = cutmixBatch(
        { x: { a, b }, y: tf.zeros([2, 3]) },
        { rectangle, partners: [1, 0] },
      );
      const x = mixed.x as Record<string, tf.Tensor>;
      expect(x['a']!.dtype).toBe('int32');
      expect([...x['a']!.dataSync()]).toEqual([5, 6, 3, 4, 1, 2, 7, 8]);
      expect([...x['b']!.dataSync()]).toEqual([30, 20, 10, 40]);
      expect(mixed.y.mixes).toBe('targets');
      expect([...mixed.y.lambda.dataSync()]).toEqual([0.5, 0.5]);
    });
  });

  it('refuses what is not images of one size, and rectangles outside of them', () => {
    tf.tidy(() => {
      const y = tf.zeros([2], 'int32');
      const rectangle = { top: 0, bottom: 1, left: 0, right: 1 };
      const options = { rectangle, partners: [1, 0] };
      expect(() => cutmixBatch({ x: tf.zeros([2, 5]), y }, options)).toThrow(
        'cutmixBatch: x must be images [n, height, width, channels] of one size, got [2, 5]',
      );
      const x = [tf.zeros([2, 4, 4, 1]), tf.zeros([2, 2, 2, 1])];
      expect(() => cutmixBatch({ x, y }, options)).toThrow('got [2, 4, 4, 1], [2, 2, 2, 1]');
      expect(() =>
        cutmixBatch(
          { x: tf.zeros([2, 4, 4, 1]), y },
          { ...options, rectangle: { ...rectangle, right: 5 } },
        ),
      ).toThrow('cutmixBatch: rectangle must be within 4 x 4 pixels, got {"top":0');
    });
  });
});
