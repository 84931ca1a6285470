import type { backend_util, TensorInfo } from '@tensorflow/tfjs';
import { sizeOf } from '../heap.ts';
import type { WasmBackend } from '../heap.ts';
import { addresses } from './address.ts';
import { inParts, partsOf } from './in-parts.ts';
import { produce } from './produce.ts';

/** Gradient of an NHWC convolution without dilation with respect to its filter. */
export function convFilterGrad(
  backend: WasmBackend,
  x: TensorInfo,
  dy: TensorInfo,
  info: backend_util.Conv2DInfo,
): TensorInfo {
  const blocks = info.filterHeight * info.filterWidth * Math.ceil(info.inChannels / 4);
  const parts = partsOf(
    backend,
    blocks,
    sizeOf(info.outShape) * sizeOf(info.filterShape.slice(0, 3)),
  );
  const [xAt, dyAt] = addresses(backend, [x, dy]);
  const [out] = produce(backend, [info.filterShape], [], ([dw]) => {
    inParts(backend, 'convFilterGrad', blocks, parts, (from, to) => [
      xAt,
      dyAt,
      dw,
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
  });
  return out;
}
