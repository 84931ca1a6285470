import type { MeanAttrs, TensorInfo } from '@tensorflow/tfjs';
import { blockMean, blockOf } from './block-mean.ts';
import { compose } from './compose.ts';
import { emptyReduction } from './empty-reduction.ts';
import { sizeOf } from './heap.ts';
import { override } from './override.ts';
import { sideSum } from './side/sum.ts';

/** Mean over leading or middle axes without the transpose that the stock kernel makes first. */
export const mean = override<{ x: TensorInfo }, MeanAttrs>(
  'Mean',
  'slow',
  ({ inputs: { x }, attrs: { axis, keepDims }, backend }, stock) => {
    if (sizeOf(x.shape) === 0) return emptyReduction(backend, x, axis, keepDims, 'float32');
    const block = blockOf(x, axis, keepDims);
    if (block === undefined) return stock();
    return (
      sideSum(backend, x, block, 1 / block.rows) ??
      compose(backend, (run) => blockMean(run, x, block))
    );
  },
);
