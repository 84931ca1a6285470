import type { SumAttrs, TensorInfo } from '@tensorflow/tfjs';
import { blockMean, blockOf } from './block-mean.ts';
import { compose } from './compose.ts';
import { floats } from './heap.ts';
import { override } from './override.ts';

/** Sum over leading or middle axes as mean times count, without the transpose that the stock kernel makes first. */
export const sum = override<{ x: TensorInfo }, SumAttrs>(
  'Sum',
  'slow',
  ({ inputs: { x }, attrs: { axis, keepDims }, backend }, stock) => {
    const block = blockOf(x, axis, keepDims);
    if (block === undefined) return stock();
    return compose(backend, (run) => {
      const out = blockMean(run, x, block);
      const values = floats(backend, out);
      for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) * block.rows;
      return out;
    });
  },
);
