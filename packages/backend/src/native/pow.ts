import type { TensorInfo } from '@tensorflow/tfjs';
import { arithmetic } from './arithmetic.ts';
import { chain } from './chain.ts';
import { override } from './override.ts';

/** Squares and cubes as products, such as the approximate GELU's and its gradient's; stock takes a logarithm of each number. */
export const pow = override<{ readonly a: TensorInfo; readonly b: TensorInfo }, object>(
  'Pow',
  'slow',
  ({ inputs: { a, b }, backend }, stock) => {
    // From a GPU, reading the exponent would wait for all that was asked of it before.
    const isOne = b.shape.length === 0 && !backend.isUsingGpuDevice;
    if (!isOne || a.dtype !== 'float32' || b.dtype !== 'float32') return stock();
    const exponent = (backend.readSync(b.dataId) as Float32Array)[0];
    if (exponent !== 2 && exponent !== 3) return stock();
    const [power] = chain(backend, ({ run }) => {
      const { mul, square } = arithmetic(backend, run);
      return [exponent === 2 ? square(a) : mul(square(a), a)];
    });
    return power;
  },
);
