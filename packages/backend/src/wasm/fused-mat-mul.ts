import type { _FusedMatMulAttrs, _FusedMatMulInputs, TensorInfo } from '@tensorflow/tfjs';
import { compose } from './compose.ts';
import type { Run } from './compose.ts';
import { sizeOf } from './heap.ts';
import { override } from './override.ts';
import { sideMatMul } from './side/mat-mul.ts';
import { tailOf } from './side/tail.ts';

/**
 * A matrix product with a bias and an activation by the side module; the stock kernel packs the weights anew each step, and
 * adds the wrong elements of the bias to batches and to transposed matrices.
 */
export const fusedMatMul = override<_FusedMatMulInputs, _FusedMatMulAttrs>(
  '_FusedMatMul',
  'wrong',
  ({ inputs, attrs, backend }, stock) => {
    const { a, b, bias } = inputs;
    const { transposeA, transposeB, activation } = attrs;
    const isEmpty = sizeOf(a.shape) * sizeOf(b.shape) === 0;
    const tail = tailOf(bias, activation, b.shape.at(transposeB ? -2 : -1) ?? 0);
    const product = tail && !isEmpty && sideMatMul(backend, { a, b, ...attrs }, tail);
    if (product) return product;
    // Where XNNPACK does it, stock is right.
    const isSingle = [a, b].every(({ shape }) => sizeOf(shape.slice(0, -2)) === 1);
    if (isSingle && !isEmpty && !transposeA && !transposeB) return stock();
    return compose(backend, (run) => {
      const plain = run('BatchMatMul', { a, b }, { transposeA, transposeB });
      return activate(run, bias ? run('Add', { a: plain, b: bias }) : plain, inputs, attrs);
    });
  },
);

function activate(
  run: Run,
  x: TensorInfo,
  { preluActivationWeights: alpha }: _FusedMatMulInputs,
  { activation, leakyreluAlpha = 0.2 }: _FusedMatMulAttrs,
): TensorInfo {
  if (activation === 'leakyrelu') return run('LeakyRelu', { x }, { alpha: leakyreluAlpha });
  if (activation === 'prelu' && alpha) return run('Prelu', { x, alpha });
  const kernelName = kernels[activation];
  return kernelName === undefined ? x : run(kernelName, { x });
}

const kernels: Readonly<Record<string, string>> = {
  elu: 'Elu',
  relu: 'Relu',
  relu6: 'Relu6',
  sigmoid: 'Sigmoid',
};
