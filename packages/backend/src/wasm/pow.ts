import type { TensorInfo } from '@tensorflow/tfjs';
import { compose } from './compose.ts';
import { floats, sizeOf } from './heap.ts';
import { override } from './override.ts';

/** Squares and cubes as products, such as the approximate GELU's and its gradient's; stock takes a logarithm of each number. */
export const pow = override<{ a: TensorInfo; b: TensorInfo }, object>(
  'Pow',
  'slow',
  ({ inputs: { a, b }, backend }, stock) => {
    const isOne = sizeOf(b.shape) === 1 && b.shape.length <= a.shape.length;
    if (!isOne || a.dtype !== 'float32' || b.dtype !== 'float32') return stock();
    const [exponent] = floats(backend, b);
    if (exponent !== 2 && exponent !== 3) return stock();
    return compose(backend, (run) => {
      const square = run('Multiply', { a, b: a });
      return exponent === 2 ? square : run('Multiply', { a: square, b: a });
    });
  },
);
