import { mlp } from '@tfloop/models';
import { middle, takeTurns } from './take-turns.ts';
import { trained } from './trained.ts';
import type { Cell, ProbeEffort } from './probe.ts';

const USUAL = { batch: 64, width: 128, depth: 2 };
const GROWS = {
  batch: [16, 64, 256, 1024],
  width: [32, 128, 512, 2048],
  depth: [1, 2, 4, 8, 16],
};

/** How a step's time grows with its batch, and with the network's width and depth. */
export async function* growth({ rounds, quick }: ProbeEffort): AsyncGenerator<readonly Cell[]> {
  for (const what of ['batch', 'width', 'depth'] as const) {
    let before: { time: number; work: number } | undefined;
    for (const value of GROWS[what].slice(0, quick ? 3 : undefined)) {
      const { batch, width, depth }: typeof USUAL = { ...USUAL, [what]: value };
      const model = mlp({ inputShape: [width], hidden: Array(depth).fill(width), classes: 10 });
      const { fit } = trained(model, { batchSize: batch, batches: 10 });
      const time = middle((await takeTurns([fit()], rounds))[0]) / 1000;
      const work = batch * model.countParams();
      yield before
        ? [what, value, time, time / before.time, work / before.work]
        : [what, value, time, '', ''];
      before = { time, work };
      model.dispose();
    }
  }
}
