import { backend_util, util } from '@tensorflow/tfjs';
import type { MaxPoolGradAttrs, TensorInfo } from '@tensorflow/tfjs';
import { integers } from '../constants.ts';
import { override } from '../override.ts';
import { run } from '../tensorflow.ts';

/** The gradient of a maximum over windows of images. */
export const maxPoolGrad = override<
  { readonly dy: TensorInfo; readonly input: TensorInfo },
  MaxPoolGradAttrs
>('MaxPoolGrad', 'slow', ({ inputs: { dy, input }, attrs, backend }, stock) => {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const shape = input.shape as [number, number, number, number];
  const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const isOurs =
    input.dtype === 'float32' &&
    dy.dtype === 'float32' &&
    util.arraysEqual(info.outShape, dy.shape);
  if (!isOurs) return stock();
  const geometry = [
    ...[info.strideHeight, info.strideWidth, info.padInfo.top, info.padInfo.left],
    ...[info.filterHeight, info.filterWidth],
  ];
  return run(backend, 'TfloopMaxPoolGrad', [input, dy, integers(backend, geometry)], []);
});
