import { accuracy, batches, checkpoint, crossEntropy, Learner, type Callback } from '@tfloop/core';
import type { ImageDataset } from '@tfloop/data';
import { convNet, mlp } from '@tfloop/models';
import type * as tf from '@tensorflow/tfjs';
import type { Run } from './grid.ts';
import { CONTENDERS } from './optimizers.ts';
import type { RunResult } from './results.ts';
import { runCallbacks } from './run-callbacks.ts';
import { runRecord } from './run-record.ts';
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
  /** The folder of its checkpoints, from the newest of which it goes on. */
  readonly checkpoints: string | undefined;
  /** Where it goes on from a checkpoint: optimizer steps done. */
  readonly onResume: (step: number) => void;
}

/** Validation batches: large ones are faster, and change no figure. */
const VALID_BATCH_SIZE = 256;

/** Seconds between checkpoints within an epoch: what a killed run has to do again at most. */
const CHECKPOINT_SECONDS = 30;

/** Trains one arm with one seed, from which first weights, data order and mixup follow alike for every arm. */
export async function trainRun(run: Run, options: TrainRunOptions): Promise<RunResult> {
  const { settings, data, callbacks, signal, checkpoints: dir } = options;
  const model = createModel(settings, data, run.seed);
  const optimizer = CONTENDERS[run.optimizer].create();
  const record = runRecord();
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
    learner.on('resume', ({ step }) => {
      options.onResume(step);
    });
    const stop = () => learner.stop();
    signal?.addEventListener('abort', stop);
    try {
      const kept =
        dir === undefined
          ? []
          : [checkpoint({ dir, every: { epochs: 1, seconds: CHECKPOINT_SECONDS }, keep: 2 })];
      const { rows } = await learner.fit(
        settings.epochs,
        [...runCallbacks(run, settings), ...callbacks, record.callback, ...kept],
        dir === undefined ? {} : { resume: 'auto' },
      );
      const { firstLoss, steps, seconds } = record;
      const planned = (train.batches ?? 0) * settings.epochs;
      // One that diverged has come to its end: nothing better would come of it, and its figures say so.
      const diverged = steps > 0 && !Number.isFinite(rows.at(-1)?.smoothLoss);
      const status = steps === planned || diverged ? 'complete' : 'stopped';
      return { ...run, status, firstLoss, steps, seconds, history: rows };
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
