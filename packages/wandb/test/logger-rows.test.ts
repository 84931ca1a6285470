import { beforeEach, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { batchRows, type NumberRow } from '../src/batch-rows.ts';

let given: NumberRow[];
let isReadable: boolean;
beforeEach(() => void ([given, isReadable] = [[], false]));

const rows = () =>
  batchRows(
    (row) => void given.push(row),
    () => isReadable,
  );
const add = (to: ReturnType<typeof rows>, i: number): void => {
  const loss = tf.scalar(i / 2);
  to.add({ i }, { loss });
  loss.dispose();
};

test('in the host’s memory a row is given at once', () => {
  isReadable = true;
  const all = rows();
  add(all, 1);
  expect(given).toEqual([{ i: 1, loss: 0.5 }]);
});

test('on a device rows are read together, without waiting, in order and without a leak', async () => {
  const before = tf.memory().numTensors;
  const all = rows();
  for (let i = 0; i < 10; i++) add(all, i);
  expect(given).toEqual([]);
  await all.flush();
  for (let i = 10; i < 200; i++) {
    add(all, i);
    if (i % 50 === 0) await Promise.resolve();
  }
  await all.flush();
  expect(given).toEqual(Array.from({ length: 200 }, (_, i) => ({ i, loss: i / 2 })));
  expect(tf.memory().numTensors).toBe(before);
});

test('rows that wait are part of a checkpoint, and come first after it', async () => {
  const before = tf.memory().numTensors;
  const [first, second] = [rows(), rows()];
  for (let i = 0; i < 3; i++) add(first, i);
  const state = first.state();
  first.dispose();
  second.load(state);
  tf.dispose(state as tf.TensorContainer);
  isReadable = true;
  add(second, 3);
  await second.flush();
  expect(given.map(({ i }) => i)).toEqual([0, 1, 2, 3]);
  expect(tf.memory().numTensors).toBe(before);
});

test('what can not be read is left out, told of once, and nothing leaks', async () => {
  const before = tf.memory().numTensors;
  const all = rows();
  add(all, 0);
  const wrong = tf.zeros([2]);
  all.add({ i: 1 }, { loss: wrong });
  await expect(all.flush()).rejects.toThrow();
  await all.flush();
  add(all, 2);
  await all.flush();
  expect(given).toEqual([{ i: 0 }, { i: 1 }, { i: 2, loss: 1 }]);
  wrong.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
