import { describe, expect, test } from '@jest/globals';
import { CancelEpoch, CancelFit, CancelValidate, type Callback } from '@tfloop/core';
import { lookahead } from '@tfloop/lookahead';
import { line } from './line.ts';

// Gradients 1 at lr 1, k = 3, α = 0.5, four steps an epoch. Epoch 0: −1, −2, −1.5 (sync), −2.5. Epoch 1: −3.5,
// −3 (sync), −4, −5; at the end −3 + 0.5 · (−5 + 3) = −4.
const fourSteps = () => line({ gradients: [1, 1, 1, 1] });

test.each([
  ['slow', 'sync', [-1.5, -4]],
  ['fast', 'sync', [-2.5, -4]],
  ['slow', 'fast', [-1.5, -3]],
  ['fast', 'fast', [-2.5, -5]],
  ['fast', 'slow', [-2.5, -3]],
] as const)('validates on the %s weights, atEnd %s', async (evaluate, atEnd, losses) => {
  const { learner, dispose } = fourSteps();
  const history = await learner.fit(2, [lookahead({ k: 3, alpha: 0.5, evaluate, atEnd })]);
  expect(history.rows.map((row) => row.validLoss)).toEqual(losses);
  dispose();
});

describe.each(['beforeValidate', 'beforeBatch', 'afterBatch', 'afterValidate'] as const)(
  'leaving validation at %s',
  (event) => {
    test.each([
      ['an error', () => new Error('sabotage')],
      ['CancelValidate', () => new CancelValidate()],
      ['CancelEpoch', () => new CancelEpoch()],
      ['CancelFit', () => new CancelFit()],
    ])('by %s puts the fast weights back', async (_name, make) => {
      const { learner, value, dispose } = fourSteps();
      const seen: number[] = [];
      const leave: Callback = {
        name: 'leave',
        [event]({ phase }: { phase: string }) {
          if (phase !== 'valid') return;
          seen.push(value());
          throw make();
        },
        cleanupEpoch: () => void seen.push(value()),
      };
      await learner
        .fit(1, [lookahead({ k: 3, alpha: 0.5, atEnd: 'fast' }), leave])
        .catch((error: unknown) => expect(String(error)).toContain('sabotage'));
      expect(seen).toEqual([-1.5, -2.5]);
      expect(value()).toBe(-2.5);
      dispose();
    });
  },
);

test('offers the slow weights to others whatever it validates on', async () => {
  const { learner, value, dispose } = fourSteps();
  const seen: number[] = [];
  const viewer: Callback = {
    name: 'viewer',
    afterTrain({ views }) {
      expect(views.names).toEqual(['fast', 'slow']);
      const restore = views.show('slow');
      seen.push(value());
      restore();
      seen.push(value());
    },
  };
  await learner.fit(1, [lookahead({ k: 3, evaluate: 'fast', atEnd: 'fast' }), viewer]);
  expect(seen).toEqual([-1.5, -2.5]);
  dispose();
});

test('lets another callback validate on its view, where asked to', async () => {
  const average = (evaluate: 'slow' | 'fast'): Callback[] => [
    lookahead({ evaluate }),
    {
      name: 'average',
      beforeFit({ views }) {
        views.provide('average', () => new Map());
        views.validateOn('average', 'average');
      },
    },
  ];
  const { learner, dispose } = fourSteps();
  await learner.fit(1, average('fast'));
  await expect(learner.fit(1, average('slow'))).rejects.toThrow(
    /average wants to validate on the "average" weights, but lookahead validates on the "slow" ones/,
  );
  dispose();
});
