import type { BatchLoop, Callback, FitLoop } from '@tfloop/core';
import { toyProblem } from '@tfloop/core/testing';
import { expect, it } from '@jest/globals';

/** A callback as a class, with its events on the prototype and its state in private fields. */
class Counter implements Callback {
  readonly name: string = 'counter';
  #batches = 0;
  #rows: number[] = [];

  get rows(): readonly number[] {
    return this.#rows;
  }

  beforeFit(): void {
    this.#batches = 0;
    this.#rows = [];
  }

  beforeBatch({ phase }: BatchLoop): void {
    if (phase === 'train') this.#batches++;
  }

  afterEpoch({ history }: FitLoop): void {
    if (history.last) this.#rows.push(this.#batches);
  }
}

/** One that inherits its events, and says more about itself. */
class LoudCounter extends Counter {
  override readonly name = 'loud counter';
  readonly words: string[] = [];

  override afterEpoch(loop: FitLoop): void {
    super.afterEpoch(loop);
    this.words.push(`epoch ${loop.epoch}: ${this.rows.at(-1)} batches`);
  }
}

// tf.LayersModel.fit takes instances of its own class and plain objects, but a list of both breaks.
it('takes instances of classes beside plain objects, in any order of the list', async () => {
  for (const reverse of [false, true]) {
    const { learner, dispose } = toyProblem();
    const [counter, loud] = [new Counter(), new LoudCounter()];
    const seen: number[] = [];
    const plain: Callback = {
      name: 'plain',
      afterEpoch: ({ epoch }) => void seen.push(epoch),
    };
    const list: Callback[] = [counter, plain, loud];
    await learner.fit(2, reverse ? list.reverse() : list);
    dispose();

    // 22 examples in batches of 8: 3 batches in each epoch.
    expect(counter.rows).toEqual([3, 6]);
    expect(loud.words).toEqual(['epoch 0: 3 batches', 'epoch 1: 6 batches']);
    expect(seen).toEqual([0, 1]);
  }
});
