import type { backend_util, TensorInfo } from '@tensorflow/tfjs';
import { BYTES, sizeOf } from '../heap.ts';
import type { WasmBackend } from '../heap.ts';
import { addresses } from './address.ts';
import { inParts, partsOf } from './in-parts.ts';
import { produce } from './produce.ts';

/** Gradient of a convolution without dilation with respect to its input, NHWC whatever the format that `info` is of. */
export function convInputGrad(
  backend: WasmBackend,
  dy: TensorInfo,
  filter: TensorInfo,
  info: backend_util.Conv2DInfo,
): TensorInfo {
  const [dyAt, filterAt] = addresses(backend, [dy, filter]);
  const channels = Math.ceil(info.inChannels / 4) * 4;
  const { batchSize } = info;
  const parts = partsOf(
    backend,
    batchSize,
    sizeOf(dy.shape) * sizeOf(info.filterShape.slice(0, 3)),
  );
  // Threads pack the filter each for itself.
  const panel = info.filterHeight * info.filterWidth * channels * info.outChannels;
  const rows = padding(
    info.inHeight,
    info.outHeight,
    info.filterHeight,
    info.strideHeight,
    info.padInfo.top,
  );
  const columns = padding(
    info.inWidth,
    info.outWidth,
    info.filterWidth,
    info.strideWidth,
    info.padInfo.left,
  );
  const image = rows.total * columns.total * info.outChannels;
  const pixels = info.inHeight * info.inWidth * info.inChannels;
  const shape = [batchSize, info.inHeight, info.inWidth, info.inChannels];
  const scratch = [parts * panel, parts * image] as const;
  const [out] = produce(backend, [shape], scratch, ([dx], [panels, padded]) => {
    inParts(backend, 'convInputGrad', batchSize, parts, (from, to, part) => [
      dyAt + BYTES * from * (sizeOf(dy.shape) / batchSize),
      filterAt,
      dx + BYTES * from * pixels,
      panels + BYTES * part * panel,
      padded + BYTES * part * image,
      to - from,
      info.inHeight,
      info.inWidth,
      info.inChannels,
      info.outHeight,
      info.outWidth,
      info.outChannels,
      info.filterHeight,
      info.filterWidth,
      info.strideHeight,
      info.strideWidth,
      info.padInfo.top,
      info.padInfo.left,
      rows.before,
      columns.before,
      rows.total,
      columns.total,
    ]);
  });
  return out;
}

/** Zeros before `dy`, as many as taps reach beyond it, and what there is with those after it. */
function padding(
  inputs: number,
  outputs: number,
  filter: number,
  stride: number,
  pad: number,
): { readonly before: number; readonly total: number } {
  const before = Math.ceil(filter / stride) - 1;
  return { before, total: before + Math.max(outputs, Math.floor((inputs - 1 + pad) / stride) + 1) };
}
