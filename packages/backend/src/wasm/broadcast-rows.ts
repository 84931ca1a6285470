import type { TensorInfo } from '@tensorflow/tfjs';
import { compose } from './compose.ts';
import { sizeOf } from './heap.ts';
import { override } from './override.ts';
import type { Override } from '../overrides/override.ts';
import { reshape } from './shape-ops.ts';

/** Elements of a row that keep XNNPACK busy, against the cost of starting a row. */
const longRow = 4096;

/**
 * A binary operation of a big tensor and one value per channel: XNNPACK goes row by row, and a row of 16 channels is too
 * short. Repeating the channel values makes the rows long.
 */
function broadcastRows(kernelName: 'Add' | 'Multiply' | 'RealDiv' | 'Sub'): Override {
  return override<{ a: TensorInfo; b: TensorInfo }, object>(
    kernelName,
    'slow',
    ({ inputs: { a, b }, backend }, stock) => {
      if (a.dtype !== 'float32' || b.dtype !== 'float32') return stock();
      const isRight = a.shape.length >= b.shape.length && sizeOf(a.shape) > sizeOf(b.shape);
      const [big, small] = isRight ? [a, b] : [b, a];
      const width = sizeOf(small.shape);
      const rows = sizeOf(big.shape) / width;
      // A scalar has a path of its own.
      if (width < 2 || !(rows >= 64) || !isTrailing(small.shape, big.shape)) return stock();
      const times = greatestDivisor(rows, Math.floor(longRow / width));
      if (times < 4) return stock();
      return compose(backend, (run) => {
        const row = run('Tile', { x: reshape(run, small, [width]) }, { reps: [times] });
        const matrix = reshape(run, big, [rows / times, times * width]);
        const out = run(kernelName, isRight ? { a: matrix, b: row } : { a: row, b: matrix });
        return reshape(run, out, big.shape);
      });
    },
  );
}

/** Whether `small` is the last axes of `big`, after axes of one element. */
function isTrailing(small: readonly number[], big: readonly number[]): boolean {
  const shift = big.length - small.length;
  if (shift < 0) return false;
  const first = small.findIndex((size) => size !== 1);
  return small.every((size, axis) => axis < first || size === big[axis + shift]);
}

function greatestDivisor(n: number, limit: number): number {
  let divisor = Math.min(n, limit);
  while (divisor > 1 && n % divisor !== 0) divisor--;
  return divisor;
}

/** `tf.add`. */
export const add = broadcastRows('Add');

/** `tf.mul`. */
export const multiply = broadcastRows('Multiply');

/** `tf.div`. */
export const realDiv = broadcastRows('RealDiv');

/** `tf.sub`. */
export const sub = broadcastRows('Sub');
