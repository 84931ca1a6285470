// A training in a process of its own, for the faults that only a process can have: 100 steps, a row each. Its argument is
// JSON: see `Training`.
import * as tf from '@tensorflow/tfjs';
import { batches, checkpoint, Learner, meanSquaredError, type Callback } from '@tfloop/core';
import { sgd } from '@tfloop/optimizers';
import { wandbLogger } from '../src/wandb-logger.ts';
import type { OpenRunParts } from '../src/run.ts';
import type { WandbLoggerOptions } from '../src/wandb-logger-options.ts';

/** What the process does. */
export interface Training {
  readonly options: WandbLoggerOptions;
  readonly timing?: NonNullable<OpenRunParts['timing']>;
  readonly epochs?: number;
  /** Milliseconds that a step takes. @default 0 */
  readonly pace?: number;
  /** The optimizer step after which something happens. */
  readonly at?: number;
  readonly then?: 'exit' | 'throw' | 'uncaught';
  /** A folder for checkpoints, from the newest of which it goes on. */
  readonly checkpoints?: string;
  /** The address of the service that a run of `@wandb/sdk` logs to. */
  readonly sdk?: string;
  /** The program handles SIGINT by itself, and stops the fit. */
  readonly handles?: boolean;
}

const training = JSON.parse(process.argv[2] ?? '{}') as Training;
const {
  options,
  epochs = 4,
  pace = 0,
  at,
  then,
  checkpoints,
  handles = false,
  timing,
  sdk,
} = training;
const x = tf.linspace(-1, 1, 25).reshape([25, 1]);
const model = tf.sequential({
  layers: [tf.layers.dense({ units: 1, inputShape: [1], kernelInitializer: 'ones' })],
});
const learner = new Learner({
  model,
  data: { train: batches({ x, y: tf.mul(x, 3) }, { batchSize: 1, shuffle: true }) },
  loss: meanSquaredError(),
  optimizer: sgd({ lr: 0.01 }),
});
if (handles) process.on('SIGINT', () => learner.stop('SIGINT'));

const told: Callback = {
  name: 'told',
  // After the logger.
  order: 3e6,
  passive: true,
  async afterBatch({ step }) {
    // As a text, which stays without colours where colours are forced.
    console.log(String(step));
    if (step === at) {
      if (then === 'exit') process.exit(3);
      if (then === 'throw') throw new Error('the training failed');
      if (then === 'uncaught')
        setTimeout(() => {
          throw new Error('somewhere else');
        });
    }
    if (pace > 0) await new Promise((resolve) => setTimeout(resolve, pace));
  },
};
const kept =
  checkpoints === undefined ? [] : [checkpoint({ dir: checkpoints, every: { steps: 10 } })];
if (sdk !== undefined) {
  const { wandb } = await import('@wandb/sdk');
  const run = await wandb.init({
    project: 'p',
    id: 'sdk',
    settings: { apiKey: '0'.repeat(40), baseUrl: sdk },
  });
  Object.assign(options, { run });
}
const { rows } = await learner.fit(
  epochs,
  [wandbLogger(options, timing && { timing }), told, ...kept],
  checkpoints === undefined ? {} : { resume: 'auto' },
);
console.log(`fitted ${rows.length} epochs`);
