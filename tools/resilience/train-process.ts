/**
 * Trains a small network with every kind of callback on, from wherever the folder's checkpoints have come to, and writes
 * down what came of it: `train-process.ts BACKEND FOLDER EPOCHS WAIT`. After so many batches of its own, or where WAIT is
 * `fit` after the fit, it waits for its end, so that it can't get past the moment at which it is to be killed.
 */
import { once } from 'node:events';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';
import { batches, checkpoint, crossEntropy, Learner, rng, type Callback } from '@tfloop/core';
import { lookahead } from '@tfloop/lookahead';
import { mixup } from '@tfloop/mixup';
import { oneCycle } from '@tfloop/one-cycle';
import { adamw } from '@tfloop/optimizers';
import { stateReset } from '@tfloop/state-reset';
import { wandbLogger } from '@tfloop/wandb';
import {
  BATCHES_PER_EPOCH,
  CHECKPOINT_EVERY,
  CHECKPOINTS,
  RESULT,
  STAGES,
  type Result,
  type Stage,
} from './train-result.ts';

/** Tells whoever may kill this process what it is about to do; written before the next line runs. */
const tell = (stage: Stage): void => void process.stdout.write(STAGES[stage]);

tell('start-up');
const [backend = 'cpu', folder = '.', epochs = '1', wait = 'Infinity'] = process.argv.slice(2);
await useBackend({ backend: backend as 'cpu' | 'wasm', log: () => undefined });

const { layers } = tf;
const model = tf.sequential({
  layers: [
    layers.dense({ name: 'hidden', units: 24, activation: 'relu', inputShape: [12] }),
    layers.batchNormalization({ name: 'norm' }),
    layers.dropout({ name: 'dropout', rate: 0.2 }),
    layers.dense({ name: 'output', units: 3 }),
  ],
});
const draw = rng(1, 'data');
for (const weight of model.getWeights().filter(({ rank }) => rank === 2)) {
  const values = Float32Array.from({ length: weight.size }, () => draw.normal() / 4);
  const variable = model.trainableWeights.find(
    ({ shape }) => String(shape) === String(weight.shape),
  );
  variable?.write(tf.tensor(values, weight.shape));
}
const examples = (n: number) => ({
  x: { values: Float32Array.from({ length: n * 12 }, () => draw.normal()), shape: [n, 12] },
  y: Int32Array.from({ length: n }, () => draw.integer(3)),
});

const optimizer = adamw({ lr: 0.01 });
const learner = new Learner({
  model,
  optimizer,
  loss: crossEntropy(),
  seed: 3,
  data: {
    train: batches(examples(BATCHES_PER_EPOCH * 16), { batchSize: 16, shuffle: true }),
    valid: batches(examples(50), { batchSize: 25 }),
  },
});
learner.on('resume', () => tell('resume'));
const untilKilled = () => once(process.stdin.resume(), 'end');
let left = Number(wait);
const teller: Callback = {
  name: 'teller',
  passive: true,
  afterBatch(loop) {
    if (loop.phase === 'train') tell('batches');
  },
  afterTrain: () => tell('epoch end'),
  async atRest({ rest, step }) {
    if (rest === 'epoch') return;
    if (--left === 0) await untilKilled();
    if (step % CHECKPOINT_EVERY === 0) tell('checkpoint');
  },
  afterFit: () => tell('fit end'),
};
const logger = wandbLogger({ mode: 'offline', dir: folder, project: 'resilience', silent: true });
let log = '';
const { rows } = await learner.fit(
  Number(epochs),
  [
    lookahead({ k: 3 }),
    oneCycle({ maxLr: 0.02 }),
    mixup(),
    stateReset({ when: 'lookahead-sync' }),
    checkpoint({ dir: join(folder, CHECKPOINTS), every: { steps: CHECKPOINT_EVERY }, keep: 4 }),
    logger,
    teller,
    { name: 'log', passive: true, afterEpoch: () => void (log = logger.run?.folder ?? '') },
  ],
  { resume: 'auto' },
);
if (wait === 'fit') await untilKilled();
const slots = (['first-moment', 'second-moment', 'other'] as const).flatMap((role) =>
  [...optimizer.slots(role)].sort(([a], [b]) => (a < b ? -1 : 1)),
);
const tensors = [...learner.model.variables, ...slots];
const result: Result = {
  tensors: tensors.map(([name, tensor]) => ({
    name,
    bytes: Buffer.from(new Uint8Array(tensor.dataSync().slice().buffer)).toString('base64'),
  })),
  history: rows.map((row) => ({ ...row, seconds: 0 })),
  // A fit with nothing left to train ends the run that its last process has left.
  log: log || newestRun(join(folder, 'wandb')),
};
writeFileSync(join(folder, RESULT), JSON.stringify(result));

function newestRun(runs: string): string {
  const ages = readdirSync(runs).map((name) => ({
    name,
    time: statSync(join(runs, name)).mtimeMs,
  }));
  ages.sort((a, b) => b.time - a.time);
  return join(runs, ages[0]?.name ?? '');
}
