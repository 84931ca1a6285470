import type { SumAttrs, TensorInfo } from '@tensorflow/tfjs';
import { blockMean, blockOf } from './block-mean.ts';
import { compose } from './compose.ts';
import { emptyReduction } from './empty-reduction.ts';
import { floats, sizeOf } from './heap.ts';
import { override } from './override.ts';
import { sideSum } from './side/sum.ts';

/**
 * Sum over leading or middle axes by the side module, else as mean times count, without the transpose that the stock kernel
 * makes first.
 */
export const sum = override<{ x: TensorInfo }, SumAttrs>(
  'Sum',
  'slow',
  ({ inputs: { x }, attrs: { axis, keepDims }, backend }, stock) => {
    if (sizeOf(x.shape) === 0) return emptyReduction(backend, x, axis, keepDims, x.dtype);
    const block = blockOf(x, axis, keepDims);
    if (block === undefined) return stock();
    const sums = sideSum(backend, x, block, 1);
    if (sums !== undefined) return sums;
    return compose(backend, (run) => {
      const out = blockMean(run, x, block);
      const values = floats(backend, out);
      for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) * block.rows;
      return out;
    });
  },
);
