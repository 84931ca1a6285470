import { util } from '@tensorflow/tfjs';
import type { MeanAttrs, TensorInfo } from '@tensorflow/tfjs';
import { scalar } from '../constants.ts';
import { gradient } from '../gradient.ts';
import { mean as meanByTensorflow } from '../mean.ts';
import { override } from '../override.ts';
import { shareOfMean, type ReductionCall } from '../reduction-gradients.ts';
import { run } from '../tensorflow.ts';
import { onTopOf, overrideOnTop } from './on-top-of.ts';

interface Reduced {
  readonly x: TensorInfo;
}

/** Over all axes but the last, as biases have their gradients. */
export const sum = override<Reduced, MeanAttrs>(
  'Sum',
  'slow',
  ({ inputs: { x }, attrs: { axis, keepDims }, backend }, stock) => {
    const { length: rank } = x.shape;
    const axes = util.parseAxisParam(axis, x.shape);
    const isOfChannels =
      rank >= 2 && axes.length === rank - 1 && new Set([...axes, rank - 1]).size === rank;
    if (!isOfChannels || keepDims || x.dtype !== 'float32') return stock();
    return run(backend, 'TfloopSumRows', [x], []);
  },
);

/** So many numbers are summed faster than they are handed out to threads. */
const FEW = 4096;

/** The mean of all of a few numbers, such as the losses of a batch. */
export const mean = onTopOf(
  meanByTensorflow,
  overrideOnTop<Reduced, MeanAttrs>(
    'Mean',
    'slow',
    ({ inputs: { x }, attrs: { axis, keepDims }, backend }, stock) => {
      const axes = util.parseAxisParam(axis, x.shape);
      // TensorFlow refuses an axis that is named twice.
      const isOfAll = axes.length === x.shape.length && new Set(axes).size === axes.length;
      const isOurs =
        isOfAll && !keepDims && x.dtype === 'float32' && util.sizeFromShape(x.shape) <= FEW;
      return isOurs ? run(backend, 'TfloopMean', [x], []) : stock();
    },
  ),
);

/** Of a mean; that of all numbers is one number everywhere. */
export const meanGradient = gradient('Mean', (call: ReductionCall) => {
  const { backend, dy, saved } = call;
  return dy.rank === 0
    ? run(backend, 'TfloopSpread', [dy, scalar(backend, 1 / saved.size), saved], [])
    : shareOfMean(call);
});
