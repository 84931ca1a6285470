import type * as tf from '@tensorflow/tfjs';
import { batches, rng, type Columns } from '@tfloop/core';
import { mixup } from '@tfloop/mixup';
import { networks } from '../networks.ts';
import { middle, takeTurns, type Timed } from './take-turns.ts';
import { trained } from './trained.ts';
import type { Cell, ProbeEffort } from './probe.ts';

const SIZES = { mlp: { batchSize: 64, batches: 50 }, cnn: { batchSize: 64, batches: 2 } };

/** What the data and mixup cost a step. */
export async function* inputs({ rounds }: ProbeEffort): AsyncGenerator<readonly Cell[]> {
  for (const name of ['mlp', 'cnn'] as const) {
    const { data, fit } = trained(networks[name](), SIZES[name]);
    const { host, x, labels, examples } = data;
    const { values } = host;
    const steps = SIZES[name].batches;
    const arrays = { x: { values, shape: [examples, ...host.shape] }, y: labels };
    const [step, mixed, ...loading] = (
      await takeTurns(
        [
          fit(),
          fit(() => [mixup()]),
          load({ x, y: labels }, { shuffle: false, steps }),
          load({ x, y: labels }, { shuffle: true, steps }),
          load(arrays, { shuffle: true, steps }),
        ],
        rounds,
      )
    ).map(middle) as [number, number, ...number[]];
    yield [name, 'step', step, 100];
    yield [name, 'mixup', mixed - step, (100 * (mixed - step)) / step];
    for (const [i, what] of ['tensors', 'tensors, shuffled', 'arrays, shuffled'].entries()) {
      const time = loading[i] ?? NaN;
      yield [name, `batches of ${what}`, time, (100 * time) / step];
    }
  }
}

function load(columns: Columns, { shuffle, steps }: { shuffle: boolean; steps: number }): Timed {
  const source = batches(columns, { batchSize: 64, shuffle });
  return {
    steps,
    async run() {
      const epoch = source.epoch({ epoch: 0, phase: 'train', rng: rng(0, 'order') });
      for await (const batch of epoch) {
        const { x, y } = batch as { x: tf.Tensor; y: tf.Tensor };
        x.dispose();
        y.dispose();
      }
    },
  };
}
