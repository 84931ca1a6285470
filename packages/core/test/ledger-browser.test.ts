/**
 * @jest-environment-options {"customExportConditions": ["@tfloop/source", "browser"]}
 */
import type { Callback, History } from '@tfloop/core';
import { expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { spans } from '#spans';
import { spans as inBrowsers } from '../src/ledger/platform/browser.ts';
import { line, rejection } from './fixtures.ts';

// What browsers get, where nothing follows work across promises.

const later = () => new Promise<void>(setImmediate);

/** Makes a tensor before it waits and two after it, which the loop frees with the batch. */
function waits(before: () => unknown = later): Callback {
  const made: tf.Tensor[] = [];
  return {
    name: 'waits',
    async afterStep() {
      made.push(tf.scalar(1));
      await before();
      made.push(tf.scalar(2), tf.scalar(3));
      await made[0]?.data();
    },
    cleanupBatch() {
      tf.dispose(made.splice(0));
    },
  };
}

function figures({ ledger }: History, callback: string, event: string) {
  const row = ledger?.rows.find((each) => each.callback === callback && each.event === event);
  return row && [row.calls, row.made, row.kept, row.leaked, row.readBacks];
}

test('one fit is told exactly, what its callbacks do after promises too', async () => {
  expect(spans).toBe(inBrowsers);
  const history = await line().learner.fit(1, [waits()], { ledger: true });
  expect(figures(history, 'waits', 'afterStep')).toEqual([2, 6, 6, 0, 2]);
  history.ledger?.refuseLeaks();
});

test('a fit within a callback is the callback’s as well', async () => {
  const nested: Callback = {
    name: 'nested',
    async afterTrain() {
      const inner = await line().learner.fit(1, [waits()], { ledger: true });
      expect(figures(inner, 'waits', 'afterStep')).toEqual([2, 6, 6, 0, 2]);
    },
  };
  // The host gets its turn after so many milliseconds of work, and then losses are read: a slow machine would read more often.
  jest.spyOn(performance, 'now').mockReturnValue(0);
  const history = await line().learner.fit(1, [nested], { ledger: true });
  jest.restoreAllMocks();
  // Of each of the two steps one read, and two for the losses of the epoch.
  expect(figures(history, 'nested', 'afterTrain')?.[4]).toBe(4);
});

test('after an error nothing is taken for what still runs', async () => {
  await rejection(
    line().learner.fit(1, [waits(() => Promise.reject(new Error('no')))], { ledger: true }),
  );
  expect(spans.current()).toBeUndefined();
});

test('of two fits at once each has what it does without waiting', async () => {
  const quick = (): Callback => ({
    name: 'quick',
    afterStep: () => {
      tf.scalar(1).dispose();
    },
    afterBatch: later,
  });
  const histories = await Promise.all(
    [line(), line()].map(({ learner }) => learner.fit(2, [quick()], { ledger: true })),
  );
  for (const history of histories)
    expect(figures(history, 'quick', 'afterStep')).toEqual([4, 4, 0, 0, 0]);
});
