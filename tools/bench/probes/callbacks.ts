import type { Callback } from '@tfloop/core';
import { mlp } from '@tfloop/models';
import type { Cell, ProbeEffort } from './probe.ts';
import { runners } from '../runners.ts';
import { differences, quartiles, takeTurns } from './take-turns.ts';
import { trained } from './trained.ts';

const COUNTS = [0, 1, 2, 5, 10, 20];
const SIZE = { batchSize: 1, batches: 200 };

/** What the loop and its callbacks cost, on a network so small that nothing else counts. */
export async function* callbacks({ rounds }: ProbeEffort): AsyncGenerator<readonly Cell[]> {
  const model = mlp({ inputShape: [4], hidden: [], classes: 2 });
  const { data, fit } = trained(model, SIZE);
  const byHand = runners['by hand']({ model, data, optimizer: 'sgd' });
  const things = COUNTS.map((count) => fit(() => Array.from({ length: count }, idle)));
  const [hand, ...times] = await takeTurns(
    [{ steps: SIZE.batches, run: byHand }, ...things],
    rounds,
  );
  yield ['by hand', ...quartiles(hand), 0];
  for (const [i, count] of COUNTS.entries()) {
    const each = differences(times[i], times[0]).map((added) => added / count);
    yield [
      count,
      ...quartiles(times[i]),
      ...quartiles(differences(times[i], hand)),
      ...(count === 0 ? [] : quartiles(each)),
    ];
  }
}

function idle(_: unknown, index: number): Callback {
  const nothing = () => undefined;
  return {
    name: `idle${index}`,
    beforeBatch: nothing,
    afterBackward: nothing,
    beforeStep: nothing,
    afterStep: nothing,
    afterBatch: nothing,
  };
}
