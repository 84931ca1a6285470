import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { describeCallback } from '@tfloop/core/testing';
import { lookahead, type LookaheadOptions } from '@tfloop/lookahead';
import { oneCycle } from '@tfloop/one-cycle';
import { stateReset } from '@tfloop/state-reset';
import { readmeExample } from '@tfloop/tools/readme-example';

const others = {
  oneCycle: () => oneCycle({ maxLr: 0.1 }),
  stateReset: () => stateReset({ when: 'lookahead-sync' }),
};

describeCallback({
  name: 'lookahead',
  create: () => lookahead({ k: 1 }),
  others,
  refuses: [
    [() => lookahead({ k: 0 }), /^lookahead: k must be an integer >= 1, got 0$/],
    [() => lookahead({ k: 2.5 }), /^lookahead: k must be an integer >= 1, got 2.5$/],
    [
      () => lookahead({ alpha: -0.1 }),
      /^lookahead: alpha must be a number >= 0 and <= 1, got -0.1$/,
    ],
    [() => lookahead({ alpha: 1.1 }), /^lookahead: alpha must be a number >= 0 and <= 1, got 1.1$/],
    [() => lookahead({ alpha: NaN }), /^lookahead: alpha must be a number/],
    [
      () => lookahead({ momentum: 'zero' as 'reset' }),
      /^lookahead: momentum must be one of "keep", "reset", "pullback", got "zero"$/,
    ],
    [() => lookahead({ evaluate: 'ema' as 'slow' }), /^lookahead: evaluate must be one of/],
    [() => lookahead({ atEnd: 'leave' as 'fast' }), /^lookahead: atEnd must be one of/],
    [
      () => lookahead({ syncPeriod: 5 } as LookaheadOptions),
      /^lookahead: there is no option "syncPeriod"; the options are k, alpha, momentum, evaluate, atEnd$/,
    ],
  ],
});

describe.each<LookaheadOptions>([
  { k: 2, momentum: 'pullback', atEnd: 'slow' },
  { k: 4, momentum: 'reset', evaluate: 'fast', atEnd: 'fast' },
])('with $k, $momentum, $atEnd', (options) => {
  describeCallback({ name: 'lookahead', create: () => lookahead(options), others });
});

test('tells loggers the options in force', () => {
  expect(lookahead({ k: 6 }).options).toEqual({
    k: 6,
    alpha: 0.5,
    momentum: 'keep',
    evaluate: 'slow',
    atEnd: 'sync',
  });
});

test('says what it writes', () => {
  expect(lookahead().writes).toEqual(['weights']);
  expect(lookahead({ momentum: 'reset' }).writes).toEqual(['weights', 'optimizerState']);
});

test('the README example runs', () => readmeExample(join(import.meta.dirname, '..')));
