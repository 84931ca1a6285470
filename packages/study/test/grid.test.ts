import { expect, test } from '@jest/globals';
import { armTitle, arms, completeSettings, grid, leftOut } from '@tfloop/study';

test('has every optimizer with every seed, seed by seed', () => {
  const runs = grid(completeSettings({ optimizers: ['sgd', 'rmsprop'], seeds: [3, 1] }));
  expect(runs.map(({ seed, optimizer }) => `${seed} ${optimizer}`)).toEqual([
    '3 sgd',
    '3 rmsprop',
    '1 sgd',
    '1 rmsprop',
  ]);
});

test('leaves out resets at syncs where there is no Lookahead', () => {
  const settings = completeSettings({
    optimizers: ['sgd', 'lookahead-sgd'],
    resets: ['none', 'lookahead-sync', 'epoch'],
  });
  expect(arms(settings).map(armTitle)).toEqual([
    'SGD',
    'Lookahead/SGD',
    'Lookahead/SGD, reset at sync',
    'SGD, reset every epoch',
    'Lookahead/SGD, reset every epoch',
  ]);
  expect(leftOut(settings).map(armTitle)).toEqual(['SGD, reset at sync']);
});
