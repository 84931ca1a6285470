import { util } from '@tensorflow/tfjs';
import type { TensorInfo } from '@tensorflow/tfjs';
import { override } from './override.ts';
import { floats, run, text } from './tensorflow.ts';

/** Over all axes but the last, the op that biases have their gradients from. */
export const sum = override<
  { readonly x: TensorInfo },
  { readonly axis: number | number[]; readonly keepDims: boolean }
>('Sum', 'slow', ({ inputs: { x }, attrs: { axis, keepDims }, backend }, stock) => {
  const { length: rank } = x.shape;
  const axes = util.parseAxisParam(axis, x.shape);
  const isOfChannels =
    rank >= 2 && axes.length === rank - 1 && new Set([...axes, rank - 1]).size === rank;
  if (!isOfChannels || keepDims || x.dtype !== 'float32') return stock();
  const attributes = [floats(backend, 'T'), text(backend, 'data_format', 'NHWC')];
  return run(backend, 'BiasAddGrad', [x], attributes);
});
