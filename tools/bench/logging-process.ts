// The cost of the logger, in a process of its own, which was started with --expose-gc: fits of one tiny network, by
// turns without the logger and with it, all rows into one offline run. Sends a LoggingRound after each pair of fits.
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';
import { batches, crossEntropy, Learner, type Callback } from '@tfloop/core';
import { oneCycle } from '@tfloop/one-cycle';
import { sgd } from '@tfloop/optimizers';
import { openRun, wandbLogger } from '@tfloop/wandb';
import type { LoggingRound } from './logging.ts';

const [backend, folder = '', rounds = '', rowsOfRound = ''] = process.argv.slice(2);
await useBackend({ backend: backend as 'native' | 'wasm', log: () => undefined });

const size = Number(rowsOfRound);
/** Enough for a comparison; the rows are what takes the time. */
const sizeWithout = Math.ceil(size / 4);

const x = tf.randomNormal([size, 4], 0, 1, 'float32', 1);
const y = tf.tensor1d(
  Int32Array.from({ length: size }, (_, i) => i % 2),
  'int32',
);
const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [4] })] });

/** Trains one epoch of so many batches of one example; milliseconds a batch. */
async function fit(length: number, callbacks: readonly Callback[]): Promise<number> {
  const part = { x: tf.slice(x, [0, 0], [length, 4]), y: tf.slice(y, [0], [length]) };
  const optimizer = sgd({ lr: 0.01 });
  const train = batches(part, { batchSize: 1 });
  const learner = new Learner({ model, optimizer, loss: crossEntropy(), data: { train } });
  const start = performance.now();
  // The schedule moves the learning rate, which is then logged with each batch's loss.
  await learner.fit(1, [oneCycle({ maxLr: 0.01, momentums: false }), ...callbacks]);
  const time = performance.now() - start;
  optimizer.dispose();
  tf.dispose(part);
  return time / length;
}

/** A callback whose hooks of a batch are timed: those of one epoch without validation. */
function timed(callback: Callback): { callback: Callback; milliseconds: () => number } {
  let sum = 0;
  const around =
    <L, R>(hook: ((loop: L) => R) | undefined) =>
    (loop: L): R | undefined => {
      const start = performance.now();
      const result = hook?.(loop);
      sum += performance.now() - start;
      return result;
    };
  return {
    callback: {
      ...callback,
      beforeBatch: around(callback.beforeBatch),
      afterBatch: around(callback.afterBatch),
    },
    milliseconds: () => sum,
  };
}

function memory(): { rss: number; heap: number } {
  (globalThis as { gc?: () => void }).gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heap: heapUsed };
}

const run = await openRun({ mode: 'offline', dir: folder, silent: true });
for (let round = 0; round < Number(rounds); round++) {
  const without = await fit(sizeWithout, []);
  const logger = timed(wandbLogger({ run, finish: false }));
  const withLogger = await fit(size, [logger.callback]);
  const answer: LoggingRound = {
    hookMicroseconds: (1000 * logger.milliseconds()) / size,
    differenceMicroseconds: 1000 * (withLogger - without),
    rows: run.step,
    ...memory(),
  };
  process.send?.(answer);
}
const { rows } = await run.finish();
process.send?.({ rows });
