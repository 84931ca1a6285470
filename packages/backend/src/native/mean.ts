import { util } from '@tensorflow/tfjs';
import type { MeanAttrs, TensorInfo } from '@tensorflow/tfjs';
import { integers } from './constants.ts';
import { override } from './override.ts';
import { bool, floats, ints, run } from './tensorflow.ts';

/** A mean of float32, with its axes a constant. */
export const mean = override<{ readonly x: TensorInfo }, MeanAttrs>(
  'Mean',
  'slow',
  ({ inputs: { x }, attrs: { axis, keepDims }, backend }, stock) =>
    x.dtype === 'float32'
      ? run(
          backend,
          'Mean',
          [x, integers(backend, util.parseAxisParam(axis, x.shape))],
          [bool(backend, 'keep_dims', keepDims), floats(backend, 'T'), ints(backend, 'Tidx')],
        )
      : stock(),
);
