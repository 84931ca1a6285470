import type { backend_util, TensorInfo } from '@tensorflow/tfjs';
import { allocate, sizeOf } from '../heap.ts';
import type { WasmBackend } from '../heap.ts';
import { address } from './address.ts';
import { inParts, partsOf } from './in-parts.ts';

/** Gradient of an NHWC convolution without dilation with respect to its filter. */
export function convFilterGrad(
  backend: WasmBackend,
  x: TensorInfo,
  dy: TensorInfo,
  info: backend_util.Conv2DInfo,
): TensorInfo {
  const dw = allocate(backend, info.filterShape, 'float32');
  const blocks = info.filterHeight * info.filterWidth * Math.ceil(info.inChannels / 4);
  const parts = partsOf(
    backend,
    blocks,
    sizeOf(info.outShape) * sizeOf(info.filterShape.slice(0, 3)),
  );
  const [xAt, dyAt, dwAt] = [x, dy, dw].map((t) => address(backend, t));
  inParts(backend, 'convFilterGrad', blocks, parts, (from, to) => [
    xAt ?? 0,
    dyAt ?? 0,
    dwAt ?? 0,
    info.batchSize,
    info.inHeight,
    info.inWidth,
    info.inChannels,
    info.outHeight,
    info.outWidth,
    info.outChannels,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
    info.padInfo.top,
    info.padInfo.left,
    from,
    to,
  ]);
  return dw;
}
