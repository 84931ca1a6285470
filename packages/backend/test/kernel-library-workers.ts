// Two worker threads load TensorFlow and the kernels at once, and each says what a product and a mean are.
import { writeSync } from 'node:fs';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';

if (isMainThread) {
  const workers = [1, 2].map(() => new Worker(new URL(import.meta.url)));
  const answers = workers.map(
    async (worker) =>
      new Promise((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      }),
  );
  writeSync(1, JSON.stringify(await Promise.all(answers)));
  // tfjs-node does not bear the end of a worker that has loaded it.
  process.kill(process.pid, 'SIGKILL');
} else {
  const { lack, overrides } = await useBackend({ backend: 'native', log: () => undefined });
  const x = tf.ones([300, 300]);
  const sums: number[] = [];
  for (let i = 0; i < 20; i++)
    sums.push(...tf.tidy(() => tf.sum(tf.matMul(x, x), 0).max().dataSync()));
  parentPort?.postMessage({
    lack,
    hasProducts: overrides.includes('BatchMatMul'),
    sums: [...new Set(sums)],
  });
}
