import { backend_util } from '@tensorflow/tfjs';
import type { MaxPoolGradAttrs, TensorInfo } from '@tensorflow/tfjs';
import { allocate, floats, view } from './heap.ts';
import { override } from './override.ts';
import { refuseNegative } from './refuse-negative.ts';
import { scatterToMaxima } from './scatter-to-maxima.ts';
import { namedAddresses } from './side/address.ts';
import { sideKernels } from './side/side-module.ts';
import { windowOf } from './side/window.ts';

type Shape4D = [number, number, number, number];

/**
 * Gradient of max pooling: each window sends its `dy` to its first greatest element.
 * The stock kernel starts its search at the smallest positive number, so windows without a positive element lose their
 * gradient, and it sends ties to the last element; the CPU back end and this kernel send them to the first.
 */
export const maxPoolGrad = override<
  { dy: TensorInfo; input: TensorInfo; output: TensorInfo },
  MaxPoolGradAttrs
>('MaxPoolGrad', 'wrong', ({ inputs: { dy, input }, attrs, backend }) => {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const shape = input.shape as Shape4D;
  const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  refuseNegative('MaxPoolGrad', info);
  const out = allocate(backend, shape, 'float32');
  const side = input.dtype === 'float32' && sideKernels(backend);
  if (side) {
    const at = namedAddresses(backend, { x: input, dy, dx: out });
    side.maxPoolGrad({ channels: info.inChannels, ...at, ...windowOf(info) });
  } else scatterToMaxima(view(backend, input), floats(backend, dy), floats(backend, out), info);
  return out;
});
