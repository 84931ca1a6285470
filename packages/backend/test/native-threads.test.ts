import { expect, test } from '@jest/globals';
import { nativeThreads } from '../src/native-threads.ts';

// TensorFlow reads the variable as a 32-bit integer, and takes 0 and what is none for "all".
test.each([
  [undefined, 8],
  ['', 8],
  ['3', 3],
  [' 2 ', 2],
  ['0', 8],
  ['two', 8],
  ['1.5', 8],
  ['16', 16],
])('TF_NUM_INTRAOP_THREADS=%j on 8 cores: %d threads', (variable, threads) => {
  expect(nativeThreads(variable, 8)).toBe(threads);
});
