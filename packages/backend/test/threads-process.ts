import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';
import { isMainThread, Worker } from 'node:worker_threads';

// Computes with two threads, once in the program and once in a worker of it, and comes to its end.
tf.env().set('IS_TEST', true);
const { threads, reason } = await useBackend({ threads: 2, backend: 'wasm', log: () => undefined });
const x = tf.ones([64, 64]);
console.log(
  JSON.stringify({ isMainThread, threads, reason, sum: tf.matMul(x, x).sum().dataSync()[0] }),
);
if (isMainThread) new Worker(process.argv[1] ?? '');
