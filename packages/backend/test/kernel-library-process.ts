// Trains on native and says what came out: its bits in short, every hundredth number, and what it lacked.
import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';
import { trainMlp } from './train-mlp.ts';

const { lack } = await useBackend({ backend: 'native', log: () => undefined });
const weights = await trainMlp();
// Enough to be shared out, and so small that TensorFlow has them taken for 0, on whichever thread.
const tiny = tf.fill([200_000], 1e-42);
const [moved] = tf
  .engine()
  .runKernel(
    'TfloopSgdUpdate',
    { parameter: tiny, gradient: tiny },
    { lr: 0.5, momentum: 0, entering: 1, weightDecay: 0, nesterov: false },
  ) as unknown as [tf.Tensor];
weights.push(...new Set(moved.dataSync()));
const bits = createHash('sha256').update(Float32Array.from(weights)).digest('hex');
console.log(JSON.stringify({ lack, bits, weights: weights.filter((_, i) => i % 100 === 0) }));
