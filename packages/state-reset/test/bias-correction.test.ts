import * as tf from '@tensorflow/tfjs';
import { expect, test } from '@jest/globals';
import type { Optimizer } from '@tfloop/core';
import { lookahead } from '@tfloop/lookahead';
import { adamw } from '@tfloop/optimizers';
import { stateReset, type StateResetOptions } from '@tfloop/state-reset';
import { line, steps } from './line.ts';

const [lr, beta1, beta2] = [0.001, 0.9, 0.999];
const longAgo = 100_000;

/** Adam's step sizes in units of lr under gradients of 1, for given moments and steps done before. */
function adamSteps(n: number, { m, v, t }: { m: number; v: number; t: number }): number[] {
  return Array.from({ length: n }, () => {
    m = beta1 * m + (1 - beta1);
    v = beta2 * v + (1 - beta2);
    t += 1;
    return m / (1 - beta1 ** t) / Math.sqrt(v / (1 - beta2 ** t));
  });
}

// Zeroed moments under a step count that goes on, where both corrections are 1 and correct nothing:
// (1 − 0.9ʲ) / √(1 − 0.999ʲ) is 0.1 / 0.03162 = 3.162, 0.19 / 0.04471 = 4.250, 0.271 / 0.05475 = 4.950 …
const tooLarge = [3.162, 4.25, 4.95, 5.442, 5.797];

/** An AdamW that has done very many steps, with the given value in all moments. */
async function experienced(moment: number): Promise<Optimizer> {
  const optimizer = adamw({ lr, beta1, beta2, eps: 0, weightDecay: 0 });
  const { learner, dispose } = line(optimizer, 1);
  await learner.fit(1);
  const { counters, slots, ...rest } = optimizer.state();
  const all = <T, U>(
    record: Readonly<Record<string, Readonly<Record<string, T>>>>,
    value: () => U,
  ) =>
    Object.fromEntries(
      Object.entries(record).map(([kind, of]) => [
        kind,
        Object.fromEntries(Object.keys(of).map((name) => [name, value()])),
      ]),
    );
  const old = all(slots, () => tf.fill([1], moment));
  dispose();
  optimizer.load({ ...rest, counters: all(counters, () => longAgo), slots: old });
  tf.dispose([slots, old]);
  return optimizer;
}

async function moves(optimizer: Optimizer, options?: StateResetOptions): Promise<number[]> {
  const { learner, dispose } = line(optimizer, 15);
  const probe = steps();
  // α = 1: the sync itself does nothing, so only the resets can show.
  const callbacks = options ? [lookahead({ k: 5, alpha: 1 }), stateReset(options)] : [];
  await learner.fit(1, [...callbacks, probe]);
  dispose();
  return probe.moves.map((move) => move / lr);
}

test('zeroing the moments and keeping the step count makes steps 3.2 to 5.8 times too large', async () => {
  adamSteps(5, { m: 0, v: 0, t: longAgo }).forEach((size, i) => {
    expect(size).toBeCloseTo(tooLarge[i]!, 3);
  });
  // The same of the real optimizer, brought into that state by hand.
  (await moves(await experienced(0))).slice(0, 5).forEach((size, i) => {
    expect(size).toBeCloseTo(tooLarge[i]!, 2);
  });
});

test.each<StateResetOptions>([{ when: 'lookahead-sync' }, { when: { every: 5 } }])(
  'a reset by stateReset leaves them as large as they were: %j',
  async (options) => {
    adamSteps(5, { m: 0, v: 0, t: 0 }).forEach((size) => expect(size).toBeCloseTo(1, 10));
    const sizes = await moves(await experienced(1), options);
    expect(sizes).toHaveLength(15);
    for (const size of sizes) expect(size).toBeCloseTo(1, 3);
  },
);

test('so does a reset of the first moment alone', async () => {
  const sizes = await moves(await experienced(1), { when: { every: 5 }, what: 'first-moment' });
  for (const size of sizes) expect(size).toBeCloseTo(1, 3);
});
