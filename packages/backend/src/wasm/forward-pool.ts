import { backend_util, util } from '@tensorflow/tfjs';
import type { MaxPoolAttrs, TensorInfo } from '@tensorflow/tfjs';
import { isUnderstood } from './geometry.ts';
import { alias, allocate, floats, release, view } from './heap.ts';
import { override } from './override.ts';
import { refuseNegative } from './refuse-negative.ts';
import type { Override } from '../overrides/override.ts';

type Shape4D = [number, number, number, number];

/**
 * A forward pool where XNNPACK refuses or misreads the call: windows of one element, integers, NaN, and paddings that
 * tfjs sizes in its own way (see {@link isUnderstood}), where the stock kernel writes past its output.
 */
function forwardPool(kernelName: 'MaxPool' | 'AvgPool'): Override {
  return override<{ x: TensorInfo }, MaxPoolAttrs>(
    kernelName,
    'wrong',
    ({ inputs: { x }, attrs, backend }, stock) => {
      const { filterSize, strides, pad, dimRoundingMode } = attrs;
      const shape = x.shape as Shape4D;
      const info = backend_util.computePool2DInfo(
        shape,
        filterSize,
        strides,
        1,
        pad,
        dimRoundingMode,
      );
      refuseNegative(kernelName, info);
      const isSingle = info.filterHeight * info.filterWidth === 1;
      // As on the CPU back end, before any stride.
      if (isSingle && util.arraysEqual(shape, info.outShape)) return alias(backend, x);
      const isMax = kernelName === 'MaxPool';
      if (x.dtype === 'float32' && !isSingle && isUnderstood(info) && seesInput(info)) {
        const out = stock();
        // XNNPACK's clamp turns the mean of a NaN into -Infinity.
        if (isMax || !floats(backend, out).includes(-Infinity)) return out;
        release(backend, out);
      }
      const out = allocate(backend, info.outShape, x.dtype);
      pool(view(backend, x), view(backend, out), info, isMax);
      return out;
    },
  );
}

/** Whether no window can lie in the padding alone; XNNPACK would give it the nearest pixel. */
function seesInput({ padInfo, filterHeight, filterWidth }: backend_util.Conv2DInfo): boolean {
  const { top, bottom, left, right } = padInfo;
  return Math.max(top, bottom) < filterHeight && Math.max(left, right) < filterWidth;
}

/** Greatest value or mean of the elements of each window that are not padding. */
function pool(
  x: backend_util.TypedArray,
  y: backend_util.TypedArray,
  info: backend_util.Conv2DInfo,
  isMax: boolean,
): void {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, padInfo } = info;
  for (let at = 0; at < y.length; at++) {
    const channel = at % inChannels;
    const column = Math.floor(at / inChannels) % outWidth;
    const row = Math.floor(at / (inChannels * outWidth)) % outHeight;
    const image = Math.floor(at / (inChannels * outWidth * outHeight));
    const top = row * info.strideHeight - padInfo.top;
    const left = column * info.strideWidth - padInfo.left;
    let [greatest, total, count] = [-Infinity, 0, 0];
    for (let r = Math.max(0, top); r < Math.min(inHeight, top + info.filterHeight); r++) {
      for (let c = Math.max(0, left); c < Math.min(inWidth, left + info.filterWidth); c++) {
        const value = x[((image * inHeight + r) * inWidth + c) * inChannels + channel] ?? 0;
        if (value > greatest) greatest = value;
        total += value;
        count++;
      }
    }
    // A window of one element is that element, NaN included.
    y[at] = isMax && count !== 1 ? greatest : total / count;
  }
}

/** `tf.maxPool`. */
export const maxPool = forwardPool('MaxPool');

/** `tf.avgPool`. */
export const avgPool = forwardPool('AvgPool');
