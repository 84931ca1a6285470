import type { TensorInfo } from '@tensorflow/tfjs';
import { compose } from '../compose.ts';
import { reshape } from '../shape-ops.ts';
import { slope } from './elementwise.ts';
import { fusedOverride } from './fused-override.ts';
import { sideMatMul } from './mat-mul.ts';

/** A dense layer: product, bias and ReLU in one pass. */
export const dense = fusedOverride(
  'TfloopDense',
  ({ inputs: { x, kernel, bias }, attrs: { relu }, backend }) => {
    const asTheyAre = { transposeA: false, transposeB: false };
    const product = sideMatMul(backend, { a: x, b: kernel, ...asTheyAre }, { bias, relu });
    if (product) return [product];
    // Where XNNPACK is faster.
    const batch = (matrix: TensorInfo): number[] => [1, ...matrix.shape];
    const y = compose(backend, (run) => {
      const [a, b] = [x, kernel].map((matrix) => reshape(run, matrix, batch(matrix)));
      const activation = relu ? 'relu' : 'linear';
      const inputs = { a, b, ...(bias && { bias }) } as Readonly<Record<string, TensorInfo>>;
      const batched = run('_FusedMatMul', inputs, { ...asTheyAre, activation });
      return reshape(run, batched, batched.shape.slice(1));
    });
    return [y];
  },
);

/** The gradient before a ReLU. */
export const reluGrad = fusedOverride('TfloopReluGrad', ({ inputs: { dy, y }, backend }) => [
  slope(backend, 'reluGrad', { dy, saved: y }, {}),
]);
