import { backend_util } from '@tensorflow/tfjs';
import type { MaxPoolGradAttrs, TensorInfo } from '@tensorflow/tfjs';
import { allocate, floats, view } from './heap.ts';
import { override } from './override.ts';
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
  const out = allocate(backend, shape, 'float32');
  const side = input.dtype === 'float32' && sideKernels(backend);
  if (side) {
    const at = namedAddresses(backend, { x: input, dy, dx: out });
    side.maxPoolGrad({ channels: info.inChannels, ...at, ...windowOf(info) });
  } else scatterToMaxima(view(backend, input), floats(backend, dy), floats(backend, out), info);
  return out;
});

function scatterToMaxima(
  x: backend_util.TypedArray,
  dy: Float32Array,
  dx: Float32Array,
  info: backend_util.Conv2DInfo,
): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, padInfo } = info;
  // Doubles, which hold every int32 as well.
  const greatest = new Float64Array(inChannels);
  const position = new Int32Array(inChannels);
  dx.fill(0);
  for (let n = 0; n < batchSize; n++) {
    for (let row = 0; row < outHeight; row++) {
      const top = row * info.strideHeight - padInfo.top;
      const bottom = Math.min(inHeight, top + info.filterHeight);
      for (let column = 0; column < outWidth; column++) {
        const left = column * info.strideWidth - padInfo.left;
        const right = Math.min(inWidth, left + info.filterWidth);
        greatest.fill(-Infinity);
        position.fill(-1);
        for (let xR = Math.max(0, top); xR < bottom; xR++) {
          for (let xC = Math.max(0, left); xC < right; xC++) {
            const at = ((n * inHeight + xR) * inWidth + xC) * inChannels;
            for (let c = 0; c < inChannels; c++) {
              const value = x[at + c] ?? 0;
              if (value > (greatest[c] ?? 0)) {
                greatest[c] = value;
                position[c] = at + c;
              }
            }
          }
        }
        const from = ((n * outHeight + row) * outWidth + column) * inChannels;
        for (let c = 0; c < inChannels; c++) {
          const to = position[c] ?? -1;
          // A window of NaN, of -Infinity or of padding alone has no greatest element.
          if (to >= 0) dx[to] = (dx[to] ?? 0) + (dy[from + c] ?? 0);
        }
      }
    }
  }
}
