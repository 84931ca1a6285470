import type { backend_util, TensorInfo } from '@tensorflow/tfjs';
import { allocate, release, sizeOf } from '../heap.ts';
import type { WasmBackend } from '../heap.ts';
import { address, addressOr0 } from './address.ts';
import { sideKernels } from './side-module.ts';
import type { Tail } from './tail.ts';

/**
 * An NHWC convolution by the side module; undefined where there is none, where XNNPACK has threads to be faster with, and
 * for dilated or empty ones.
 */
export function sideConv(
  backend: WasmBackend,
  x: TensorInfo,
  filter: TensorInfo,
  info: backend_util.Conv2DInfo,
  { bias, relu }: Tail,
): TensorInfo | undefined {
  const side = sideKernels(backend);
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info;
  if (side === undefined || x.dtype !== 'float32' || filter.dtype !== 'float32') return undefined;
  if (info.dilationHeight * info.dilationWidth !== 1) return undefined;
  if (sizeOf(x.shape) * sizeOf(filter.shape) * sizeOf(info.outShape) === 0) return undefined;
  if (backend.wasm.tfjs.getThreadsCount() > 1) return undefined;
  // At least what the windows see, and never less than what is copied into it.
  const paddedHeight = Math.max(
    (info.outHeight - 1) * strideHeight + filterHeight,
    info.inHeight + padInfo.top,
  );
  const paddedWidth = Math.max(
    (info.outWidth - 1) * strideWidth + filterWidth,
    info.inWidth + padInfo.left,
  );
  const y = allocate(backend, info.outShape, 'float32');
  const channels = Math.ceil(info.outChannels / 4) * 4;
  const taps = filterHeight * filterWidth * info.inChannels;
  const panels = allocate(backend, [taps * channels], 'float32');
  const padded = allocate(backend, [paddedHeight * paddedWidth * info.inChannels], 'float32');
  side.conv(
    address(backend, x),
    address(backend, filter),
    addressOr0(backend, bias),
    address(backend, y),
    address(backend, panels),
    address(backend, padded),
    info.batchSize,
    info.inHeight,
    info.inWidth,
    info.inChannels,
    info.outHeight,
    info.outWidth,
    info.outChannels,
    filterHeight,
    filterWidth,
    strideHeight,
    strideWidth,
    padInfo.top,
    padInfo.left,
    paddedHeight,
    paddedWidth,
    Number(relu),
  );
  release(backend, panels);
  release(backend, padded);
  return y;
}
