import { expect, test } from '@jest/globals';
import * as constants from '../src/native/constants.ts';
import type { TensorFlow } from '../src/native/tensorflow.ts';

test('constants of equal digits are shared where they are of one kind, and else are not', () => {
  let written = 0;
  const write = () => ({ id: written++ });
  const backend = { write } as Pick<TensorFlow, 'write'> as TensorFlow;
  const make = () => [
    constants.scalar(backend, 5),
    constants.integer(backend, 5),
    constants.integers(backend, [5]),
    constants.constants(backend, [5]),
    constants.constants(backend, []),
    constants.integers(backend, []),
    constants.nothing(backend),
  ];
  const made = make();
  expect(made.map(({ shape, dtype }) => [shape, dtype])).toEqual([
    [[], 'float32'],
    [[], 'int32'],
    [[1], 'int32'],
    [[1], 'float32'],
    [[0], 'float32'],
    [[0], 'int32'],
    [[0], 'float32'],
  ]);
  expect(make()).toEqual(made);
  expect(written).toBe(made.length);
});
