import type { TensorInfo } from '@tensorflow/tfjs';
import { constants, nothing, scalar } from '../constants.ts';
import { fusedOverride } from '../fused-override.ts';
import { override } from '../override.ts';
import { run } from '../tensorflow.ts';

/** A dense layer: product, bias and ReLU. */
export const dense = fusedOverride(
  'TfloopDense',
  ({ inputs: { x, kernel, bias }, attrs: { relu }, backend }) => [
    run(
      backend,
      'TfloopDense',
      [x, kernel, bias ?? nothing(backend), scalar(backend, relu ? 1 : 0)],
      [],
    ),
  ],
);

/** The gradient before a ReLU. */
export const reluGrad = fusedOverride('TfloopReluGrad', ({ inputs: { dy, y }, backend }) => [
  run(backend, 'TfloopReluGrad', [dy, y], []),
]);

interface Matrices {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
}

interface Turned {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Products of two matrices. */
export const matMul = override<Matrices, Turned>(
  'BatchMatMul',
  'slow',
  ({ inputs: { a, b }, attrs: { transposeA, transposeB }, backend }, stock) => {
    const isPlain =
      a.shape.length === 2 &&
      b.shape.length === 2 &&
      a.dtype === 'float32' &&
      b.dtype === 'float32';
    if (!isPlain) return stock();
    const turned = constants(backend, [Number(transposeA), Number(transposeB)]);
    return run(backend, 'TfloopMatMul', [a, b, turned], []);
  },
);
