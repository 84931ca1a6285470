import type { _FusedMatMulAttrs, _FusedMatMulInputs } from '@tensorflow/tfjs';
import { compose } from './compose.ts';
import { override } from './override.ts';
import { sideMatMul } from './side/mat-mul.ts';
import { tailOf } from './side/tail.ts';

/** Kernels of the activations that the side module lacks. */
const others: Readonly<Record<string, string>> = { elu: 'Elu', relu6: 'Relu6', sigmoid: 'Sigmoid' };

/**
 * A matrix product with a bias and an activation by the side module; the stock kernel packs the weights anew each step, and
 * adds the wrong elements of the bias to batches of matrices.
 */
export const fusedMatMul = override<_FusedMatMulInputs, _FusedMatMulAttrs>(
  '_FusedMatMul',
  'wrong',
  ({ inputs: { a, b, bias }, attrs, backend }, stock) => {
    const columns = b.shape.at(attrs.transposeB ? -2 : -1) ?? 0;
    const other = others[attrs.activation];
    const tail = tailOf(bias, other === undefined ? attrs.activation : 'linear', columns);
    const product = tail && sideMatMul(backend, { a, b, ...attrs }, tail);
    if (product === undefined) return stock();
    if (other === undefined) return product;
    return compose(backend, (run, adopt) => run(other, { x: adopt(product) }));
  },
);
