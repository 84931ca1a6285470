import { describe, expect, it } from '@jest/globals';
import { parseIdx } from '@tfloop/data';
import { idx } from './idx-files.ts';

describe('parseIdx', () => {
  it('reads shape and values', () => {
    const bytes = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255);
    expect(parseIdx(bytes)).toEqual({ shape: [2, 3], values: Uint8Array.of(1, 2, 3, 4, 5, 255) });
  });

  it('reads a view into a larger buffer without a copy', () => {
    const buffer = new Uint8Array(30);
    buffer.set(idx([2], [7, 9]), 11);
    const { values } = parseIdx(buffer.subarray(11, 21));
    expect(Array.from(values)).toEqual([7, 9]);
    expect(values.buffer).toBe(buffer.buffer);
  });

  it('reads a length above 2^24 in big-endian order', () => {
    const bytes = idx([0x01020304], []);
    expect(() => parseIdx(bytes)).toThrow('[16909060] takes 16909068 bytes, got 8');
  });

  it.each([
    [idx([2, 1, 1], [1, 2]), 1, '0x00000803, expected 0x00000801'],
    [Uint8Array.of(0x1f, 0x8b, 8, 8, 0), undefined, '0x1f8b0808, expected 0x00000808'],
    [Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 0), undefined, '0x00000d01, expected 0x00000801'],
  ])('refuses a wrong magic number', (bytes, rank, message) => {
    const options = rank === undefined ? {} : { rank };
    expect(() => parseIdx(bytes, { name: 'labels.gz', ...options })).toThrow(message);
    expect(() => parseIdx(bytes, { name: 'labels.gz', ...options })).toThrow(/^labels.gz is not/);
  });

  it.each([0, 3, 4, 9, 15, 17])('refuses a file cut to %i of 18 bytes', (length) => {
    const bytes = idx([2, 3], [1, 2, 3, 4, 5, 6]).subarray(0, length);
    expect(() => parseIdx(bytes, { name: 'images' })).toThrow(/^images is truncated: /);
  });

  it('refuses bytes after the end', () => {
    expect(() => parseIdx(idx([2], [1, 2, 3]))).toThrow(
      'IDX data is too long: [2] takes 10 bytes, got 11',
    );
  });
});
