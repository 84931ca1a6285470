import type { backend_util, TensorInfo } from '@tensorflow/tfjs';
import { BYTES, sizeOf } from '../heap.ts';
import type { WasmBackend } from '../heap.ts';
import { addresses } from './address.ts';
import { inParts, partsOf } from './in-parts.ts';
import { produce } from './produce.ts';
import { windowOf } from './window.ts';

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
  const rows = paddingOf(
    info.inHeight,
    info.outHeight,
    info.filterHeight,
    info.strideHeight,
    info.padInfo.top,
  );
  const columns = paddingOf(
    info.inWidth,
    info.outWidth,
    info.filterWidth,
    info.strideWidth,
    info.padInfo.left,
  );
  const padding = {
    beforeRows: rows.before,
    beforeColumns: columns.before,
    paddedHeight: rows.total,
    paddedWidth: columns.total,
  };
  const image = rows.total * columns.total * info.outChannels;
  const pixels = info.inHeight * info.inWidth * info.inChannels;
  const shape = [batchSize, info.inHeight, info.inWidth, info.inChannels];
  const scratch = [parts * panel, parts * image] as const;
  const [out] = produce(backend, [shape], scratch, ([dx], [panels, padded]) => {
    inParts(backend, 'convInputGrad', batchSize, parts, (from, to, part) => ({
      dy: dyAt + BYTES * from * (sizeOf(dy.shape) / batchSize),
      filter: filterAt,
      dx: dx + BYTES * from * pixels,
      panels: panels + BYTES * part * panel,
      padded: padded + BYTES * part * image,
      ...padding,
      ...windowOf(info, to - from),
    }));
  });
  return out;
}

/** Zeros before `dy`, as many as taps reach beyond it, and what there is with those after it. */
function paddingOf(
  inputs: number,
  outputs: number,
  filter: number,
  stride: number,
  pad: number,
): { readonly before: number; readonly total: number } {
  const before = Math.ceil(filter / stride) - 1;
  return { before, total: before + Math.max(outputs, Math.floor((inputs - 1 + pad) / stride) + 1) };
}
