import * as tf from '@tensorflow/tfjs';
import { expect } from '@jest/globals';
import type { Optimizer, OptimizerState } from '@tfloop/core';
import { copy, cycle, free, freeState, read, step, variables, wave } from './helpers.ts';

/** A parameter that has no gradient any more, and then is none, changes nothing for the others. */
export function expectFreezingShiftsNobody(make: () => Optimizer): void {
  const both = variables({ a: [1, 2], b: [3, 4] });
  const alone = variables({ b: [3, 4] });
  const one = make();
  const other = make();
  for (let index = 0; index < 6; index++) {
    const { b = [] } = wave(both, index);
    // From step 3 on, a has no gradient; from step 5 on, it is not even a parameter.
    if (index < 3) step(one, both, { a: [1, -5], b });
    else if (index < 5) step(one, both, { b });
    else step(one, new Map([['b', both.get('b')!]]), { b });
    step(other, alone, { b });
  }
  expect(both.get('b')!.dataSync()).toEqual(alone.get('b')!.dataSync());
  for (const optimizer of [one, other]) optimizer.dispose();
  free(both);
  free(alone);
}

/** An optimizer that takes over a state goes on to the last bit; `compare` looks at both right after that. */
export function expectExactResume(
  make: () => Optimizer,
  compare: (loaded: Optimizer, saved: Optimizer, state: OptimizerState) => void,
): void {
  const one = variables({ a: [1, 2], b: [3, 4, 5] });
  const saved = make();
  cycle(saved, one, 0, 138);
  const state = saved.state();
  const other = copy(one);
  const loaded = make();
  loaded.load(state);
  compare(loaded, saved, state);

  cycle(saved, one, 138, 180);
  cycle(loaded, other, 138, 180);
  expect(read(other)).toEqual(read(one));

  // The snapshot has not moved, and loading it frees what was there.
  const count = tf.memory().numTensors;
  loaded.load(state);
  loaded.load(state);
  expect(tf.memory().numTensors).toBe(count);
  freeState(state);
  cycle(loaded, other, 138, 140);
  for (const optimizer of [saved, loaded]) optimizer.dispose();
  free(one);
  free(other);
}
