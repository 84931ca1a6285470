import * as tf from '@tensorflow/tfjs';
import { batches, checkpoint, crossEntropy, Learner, rng, type Callback } from '@tfloop/core';
import { memoryStore } from '@tfloop/core/testing';
import { adamw } from '@tfloop/optimizers';
import { createShipped, type ShippedName } from '../shipped.ts';

/** All shipped callbacks that go together. */
const ALL: readonly ShippedName[] = [
  'lookahead',
  'oneCycle',
  'schedule(weightDecay)',
  'mixup',
  'stateReset',
  'wandbLogger',
  'progress',
];

const CHECKPOINT_EVERY = 50;

/** Memory at one moment of a soak. */
export interface Sample {
  readonly step: number;
  readonly tensors: number;
  readonly tensorBytes: number;
  /** The JavaScript heap after a collection, where the process allows one (`--expose-gc`). */
  readonly heapBytes: number;
}

/** What a soak has come to. */
export interface SoakReport {
  readonly samples: readonly Sample[];
  /** Bytes of heap a step: the slope of a line through the samples, and its standard error. */
  readonly heapSlope: number;
  readonly slopeError: number;
}

/**
 * Trains for many steps with all callbacks on and watches the memory, after as many steps in which JavaScript's engine
 * comes to rest: with as many collections, for it drops code that was not used between some of them, and makes it anew.
 */
export async function soak(
  steps: number,
  tell: (sample: Sample) => void = () => undefined,
): Promise<SoakReport> {
  // Few epochs: the history, which has to grow, is no leak.
  const stepsPerEpoch = 1000;
  const epochs = Math.ceil((2 * steps) / stepsPerEpoch);
  // After a checkpoint, for which everybody reads the losses that wait on the device; and few, as samples are kept as well.
  const interval = CHECKPOINT_EVERY * Math.ceil(steps / 40 / CHECKPOINT_EVERY);
  const draw = rng(1, 'soak');
  const x = {
    values: Float32Array.from({ length: 8000 * 8 }, () => draw.normal()),
    shape: [8000, 8],
  };
  const y = Int32Array.from({ length: 8000 }, () => draw.integer(3));
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 8, activation: 'relu', inputShape: [8] }),
      tf.layers.dropout({ rate: 0.1 }),
      tf.layers.dense({ units: 3 }),
    ],
  });
  const optimizer = adamw({ lr: 0.001 });
  const samples: Sample[] = [];
  const sampler: Callback = {
    name: 'sampler',
    passive: true,
    async atRest(loop) {
      if (loop.rest === 'epoch' || loop.batch % interval !== 1) return;
      // Losses wait on the device until somebody reads them, however many there are.
      await loop.readLoss();
      const { numTensors, numBytes } = tf.memory();
      const sample = {
        step: loop.step,
        tensors: numTensors,
        tensorBytes: numBytes,
        heapBytes: await heapInUse(),
      };
      tell(sample);
      if (loop.batch > steps) samples.push(sample);
    },
  };
  const learner = new Learner({
    model,
    optimizer,
    loss: crossEntropy(),
    data: { train: batches({ x, y }, { batchSize: 8, shuffle: true }) },
  });
  try {
    const saves = checkpoint({ dir: memoryStore(), every: { steps: CHECKPOINT_EVERY } });
    await learner.fit(epochs, [...createShipped(ALL), saves, sampler]);
  } finally {
    optimizer.dispose();
    model.dispose();
  }
  return { samples, ...slopeOf(samples) };
}

/** Bytes of the heap that nobody lets go of: one collection leaves what only the next turn of the host releases. */
async function heapInUse(): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 4; i++) {
    (globalThis as { gc?: () => void }).gc?.();
    least = Math.min(least, process.memoryUsage().heapUsed);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return least;
}

/** Least squares of the heap over the steps. */
function slopeOf(samples: readonly Sample[]): { heapSlope: number; slopeError: number } {
  const mean = (of: (sample: Sample) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [stepMean, heapMean] = [mean(({ step }) => step), mean(({ heapBytes }) => heapBytes)];
  const spread = samples.reduce((sum, { step }) => sum + (step - stepMean) ** 2, 0);
  const heapSlope =
    samples.reduce(
      (sum, { step, heapBytes }) => sum + (step - stepMean) * (heapBytes - heapMean),
      0,
    ) / spread;
  const residuals = samples.reduce(
    (sum, { step, heapBytes }) => sum + (heapBytes - heapMean - heapSlope * (step - stepMean)) ** 2,
    0,
  );
  return { heapSlope, slopeError: Math.sqrt(residuals / (samples.length - 2) / spread) };
}
