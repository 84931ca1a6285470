import * as tf from '@tensorflow/tfjs';
import { batches, crossEntropy, Learner, type Callback } from '@tfloop/core';
import { lookahead } from '@tfloop/lookahead';
import { mixup } from '@tfloop/mixup';
import { mlp } from '@tfloop/models';
import { oneCycle } from '@tfloop/one-cycle';
import { adam } from '@tfloop/optimizers';
import type { Cell, ProbeEffort } from './probe.ts';

const STEPS = 20_000;
const SAMPLES = 5;

/** Tensors and memory over a long run with several callbacks. */
export async function* endurance({ quick }: ProbeEffort): AsyncGenerator<readonly Cell[]> {
  const steps = quick ? STEPS / 10 : STEPS;
  const x = tf.randomNormal([steps, 8], 0, 1, 'float32', 1);
  const y = tf.zeros([steps], 'int32');
  const learner = new Learner({
    model: mlp({ inputShape: [8], hidden: [16], classes: 4 }),
    optimizer: adam(),
    loss: crossEntropy(),
    data: { train: batches({ x, y }, { batchSize: 1, shuffle: true }) },
  });
  const samples: Cell[][] = [];
  const watch: Callback = {
    name: 'watch',
    afterBatch({ batch }) {
      if ((batch + 1) % (steps / SAMPLES) === 0) samples.push(sample(batch + 1));
    },
  };
  await learner.fit(1, [lookahead(), oneCycle({ maxLr: 0.01 }), mixup(), watch]);
  yield* samples;
}

function sample(step: number): Cell[] {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return [step, tf.memory().numTensors, heapUsed / 2 ** 20, rss / 2 ** 20];
}
