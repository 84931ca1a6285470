import type { backend_util, TensorInfo } from '@tensorflow/tfjs';
import { BYTES, sizeOf } from '../heap.ts';
import type { WasmBackend } from '../heap.ts';
import { addresses, addressOr0 } from './address.ts';
import { hasAllThreads, inParts, partsOf } from './in-parts.ts';
import { produce } from './produce.ts';
import { sideKernels } from './side-module.ts';
import type { Tail } from './tail.ts';
import { windowOf } from './window.ts';

/**
 * An NHWC convolution by the side module; undefined where there is none, where XNNPACK alone has threads, and for dilated or
 * empty ones.
 */
export function sideConv(
  backend: WasmBackend,
  x: TensorInfo,
  filter: TensorInfo,
  info: backend_util.Conv2DInfo,
  { bias, relu }: Tail,
): TensorInfo | undefined {
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info;
  if (!sideKernels(backend) || x.dtype !== 'float32' || filter.dtype !== 'float32')
    return undefined;
  if (info.dilationHeight * info.dilationWidth !== 1) return undefined;
  if (sizeOf(x.shape) * sizeOf(filter.shape) * sizeOf(info.outShape) === 0) return undefined;
  if (!hasAllThreads(backend)) return undefined;
  // At least what the windows see, and never less than what is copied into it.
  const paddedHeight = Math.max(
    (info.outHeight - 1) * strideHeight + filterHeight,
    info.inHeight + padInfo.top,
  );
  const paddedWidth = Math.max(
    (info.outWidth - 1) * strideWidth + filterWidth,
    info.inWidth + padInfo.left,
  );
  const channels = Math.ceil(info.outChannels / 4) * 4;
  const taps = filterHeight * filterWidth * info.inChannels;
  const { batchSize } = info;
  const parts = partsOf(backend, batchSize, sizeOf(info.outShape) * taps);
  // Threads pack the filter each for itself.
  const panel = taps * channels;
  const image = paddedHeight * paddedWidth * info.inChannels;
  const [xAt, filterAt] = addresses(backend, [x, filter]);
  const biasAt = addressOr0(backend, bias);
  const scratch = [parts * panel, parts * image] as const;
  const [out] = produce(backend, [info.outShape], scratch, ([y], [panels, padded]) => {
    inParts(backend, 'conv', batchSize, parts, (from, to, part) => ({
      x: xAt + BYTES * from * (sizeOf(x.shape) / batchSize),
      filter: filterAt,
      bias: biasAt,
      y: y + BYTES * from * (sizeOf(info.outShape) / batchSize),
      panels: panels + BYTES * part * panel,
      padded: padded + BYTES * part * image,
      paddedHeight,
      paddedWidth,
      relu: Number(relu),
      ...windowOf(info, to - from),
    }));
  });
  return out;
}
