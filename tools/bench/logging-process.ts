// The cost of the logger, in a process of its own that was started with --expose-gc. Fits of one tiny network, by turns:
// one logs every batch into one long offline run, one writes as many bytes and does nothing else.
import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';
import {
  batches,
  crossEntropy,
  Learner,
  type BatchLoop,
  type Callback,
  type DoneBatchLoop,
  type Wait,
} from '@tfloop/core';
import { oneCycle } from '@tfloop/one-cycle';
import { sgd } from '@tfloop/optimizers';
import { openRun, wandbLogger } from '@tfloop/wandb';
import type { LoggingAnswer } from './logging.ts';
import { quantile } from './statistics.ts';

const [backend, folder = '', rounds, batchesOfRound, warmUp] = process.argv.slice(2);
const answer = (message: LoggingAnswer) => process.send?.(message);

/** Runs of one example a batch, on numbers that don't matter. */
const size = Number(batchesOfRound);

async function measure(): Promise<void> {
  await useBackend({ backend: backend as 'native' | 'wasm', log: () => undefined });
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [4] })] });
  const run = await openRun({ mode: 'offline', dir: folder, silent: true });
  const log = join(run.folder ?? '', `run-${run.id}.wandb`);
  await fit(model, Number(warmUp), wandbLogger({ run, finish: false }));
  const first = run.step;
  for (let round = 0; round < Number(rounds); round++) {
    const began = { bytes: statSync(log).size, rows: run.step };
    const logging = await fit(model, size, wandbLogger({ run, finish: false }));
    const rowSize = (statSync(log).size - began.bytes) / (run.step - began.rows);
    const writing = await fit(model, Math.ceil(size / 5), writer(Math.round(rowSize)));
    (globalThis as { gc?: () => void }).gc?.();
    answer({
      median: quantile(logging, 0.5),
      mean: logging.reduce((sum, time) => sum + time, 0) / logging.length,
      bareWrite: quantile(writing, 0.5),
      rows: run.step - first,
      heap: process.memoryUsage().heapUsed,
      // In KiB.
      peak: process.resourceUsage().maxRSS * 1024,
    });
  }
  const { rows } = await run.finish();
  // Each fit's epoch has a row as well.
  const wanted = Number(warmUp) + 1 + Number(rounds) * (size + 1);
  if (rows !== wanted) throw new Error(`${rows} rows were logged, not ${wanted}`);
}

/** Trains an epoch with a callback; the microseconds that its hooks took in every batch. */
async function fit(model: tf.LayersModel, length: number, callback: Callback): Promise<number[]> {
  const x = tf.randomNormal([length, 4], 0, 1, 'float32', 1);
  const y = tf.zeros([length], 'int32');
  const optimizer = sgd({ lr: 0.01 });
  const train = batches({ x, y }, { batchSize: 1 });
  const learner = new Learner({ model, optimizer, loss: crossEntropy(), data: { train } });
  const hooks = timed(callback, length);
  // The schedule moves the learning rate, which is logged with each batch's loss.
  await learner.fit(1, [oneCycle({ maxLr: 0.01, momentums: false }), hooks.callback]);
  optimizer.dispose();
  tf.dispose([x, y]);
  return hooks.microseconds;
}

/** Times what a callback does in a training batch: the logger has these two hooks. */
function timed(callback: Callback, length: number) {
  const microseconds = new Array<number>(length).fill(0);
  const around =
    <L extends BatchLoop>(hook: (loop: L) => Wait) =>
    (loop: L): Wait => {
      const start = performance.now();
      const result = hook(loop);
      microseconds[loop.batch] =
        (microseconds[loop.batch] ?? 0) + 1000 * (performance.now() - start);
      return result;
    };
  const hooks: Callback = {
    ...callback,
    beforeBatch: around((loop) => callback.beforeBatch?.(loop)),
    afterBatch: around((loop: DoneBatchLoop) => callback.afterBatch?.(loop)),
  };
  return { microseconds, callback: hooks };
}

function writer(bytes: number): Callback {
  const row = new Uint8Array(bytes);
  let file = 0;
  return {
    name: 'writer',
    beforeFit: () => void (file = openSync(join(folder, 'bare'), 'a')),
    afterBatch: () => void writeSync(file, row),
    cleanupFit: () => closeSync(file),
  };
}

try {
  await measure();
} catch (error) {
  answer({ error: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}
