import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { backoff, retryAfter } from '../src/backoff.ts';

test('the pauses lie between 2 s and bounds of 4, 8, 16, 32 and 60 s', () => {
  const [shortest, longest] = [0, 1].map((draw) => backoff({ random: () => draw }));
  expect([0, 1, 2, 3, 4, 5, 1000].map(longest!)).toEqual(
    [4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1000),
  );
  expect([0, 5, 1000].map(shortest!)).toEqual([2000, 2000, 2000]);
});

test('any draw gives a pause within the bounds', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (draw, attempt) => {
      const pause = backoff({ random: () => draw })(attempt);
      expect(pause).toBeGreaterThanOrEqual(2000);
      expect(pause).toBeLessThanOrEqual(60_000);
    }),
  );
});

test.each([
  [null, undefined],
  ['7', 7000],
  [' 0 ', 0],
  ['Thu, 01 Jan 1970 00:00:10 GMT', 9000],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['99999999', 3_600_000],
  ['soon', undefined],
])('Retry-After: %p', (header, expected) => {
  expect(retryAfter(header, 1000)).toBe(expected);
});
