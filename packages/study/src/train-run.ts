import { accuracy, batches, crossEntropy, Learner, type Callback } from '@tfloop/core';
import type { ImageDataset } from '@tfloop/data';
import { convNet, mlp } from '@tfloop/models';
import type * as tf from '@tensorflow/tfjs';
import type { Run } from './grid.ts';
import { CONTENDERS } from './optimizers.ts';
import type { RunResult } from './results.ts';
import { runCallbacks } from './run-callbacks.ts';
import type { StudySettings } from './settings.ts';

/** What a run needs besides its place in the grid. */
export interface TrainRunOptions {
  readonly settings: StudySettings;
  /** Prepared: normalized, and cut to size. */
  readonly data: ImageDataset;
  /** Besides those that make the arm. */
  readonly callbacks: readonly Callback[];
  /** Ends the run early, after the batch that it is in. */
  readonly signal: AbortSignal | undefined;
}

/** Validation batches: large ones are faster, and change no figure. */
const VALID_BATCH_SIZE = 256;

/** Trains one arm with one seed, from which first weights, data order and mixup follow alike for every arm. */
export async function trainRun(run: Run, options: TrainRunOptions): Promise<RunResult> {
  const { settings, data, callbacks, signal } = options;
  const model = createModel(settings, data, run.seed);
  const optimizer = CONTENDERS[run.optimizer].create();
  const first = firstLoss();
  try {
    const train = batches(columns(data.train), { batchSize: settings.batchSize, shuffle: true });
    const learner = new Learner({
      model,
      optimizer,
      loss: crossEntropy(),
      metrics: [accuracy()],
      seed: run.seed,
      data: { train, valid: batches(columns(data.test), { batchSize: VALID_BATCH_SIZE }) },
    });
    const steps = countSteps(learner);
    const stop = () => learner.stop();
    signal?.addEventListener('abort', stop);
    const started = performance.now();
    try {
      const { rows } = await learner.fit(settings.epochs, [
        ...runCallbacks(run, settings),
        ...callbacks,
        first.callback,
      ]);
      const planned = (train.batches ?? 0) * settings.epochs;
      return {
        ...run,
        status: steps.count === planned ? 'complete' : 'stopped',
        firstLoss: first.value,
        steps: steps.count,
        seconds: (performance.now() - started) / 1000,
        history: rows,
      };
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  } finally {
    optimizer.dispose();
    model.dispose();
  }
}

/** A network for a data set; equal seeds give equal weights. */
export function createModel(
  { model }: StudySettings,
  { shape, classes }: ImageDataset,
  seed: number,
): tf.LayersModel {
  const parts = { inputShape: shape, classes: classes.length, seed };
  return model === 'mlp' ? mlp(parts) : convNet(parts);
}

function columns({ images, labels }: ImageDataset['train']) {
  return { x: images, y: labels };
}

function countSteps(learner: Learner): { count: number } {
  const steps = { count: 0 };
  learner.on('batchEnd', ({ step }) => (steps.count = step));
  return steps;
}

/** Reads the loss of the first batch, once. */
function firstLoss(): { value: number; callback: Callback } {
  const first = {
    value: NaN,
    callback: {
      name: 'firstLoss',
      async afterBatch({ loss, phase, batch }) {
        if (phase === 'train' && batch === 0 && loss) [first.value = NaN] = await loss.data();
      },
    } satisfies Callback as Callback,
  };
  return first;
}
