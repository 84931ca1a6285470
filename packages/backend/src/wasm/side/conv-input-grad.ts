import type { backend_util, TensorInfo } from '@tensorflow/tfjs';
import { allocate, BYTES, release, sizeOf } from '../heap.ts';
import type { WasmBackend } from '../heap.ts';
import { address } from './address.ts';
import { inParts, partsOf } from './in-parts.ts';

/** Gradient of a convolution without dilation with respect to its input, NHWC whatever the format that `info` is of. */
export function convInputGrad(
  backend: WasmBackend,
  dy: TensorInfo,
  filter: TensorInfo,
  info: backend_util.Conv2DInfo,
): TensorInfo {
  const [dyAt, filterAt] = [address(backend, dy), address(backend, filter)];
  const dx = allocate(
    backend,
    [info.batchSize, info.inHeight, info.inWidth, info.inChannels],
    'float32',
  );
  const channels = Math.ceil(info.inChannels / 4) * 4;
  const { batchSize } = info;
  const parts = partsOf(
    backend,
    batchSize,
    sizeOf(dy.shape) * sizeOf(info.filterShape.slice(0, 3)),
  );
  // Threads pack the filter each for itself.
  const panel = info.filterHeight * info.filterWidth * channels * info.outChannels;
  const panels = allocate(backend, [parts, panel], 'float32');
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
  const padded = allocate(backend, [parts, image], 'float32');
  const [dxAt, panelsAt, paddedAt] = [dx, panels, padded].map((t) => address(backend, t));
  inParts(backend, 'convInputGrad', batchSize, parts, (from, to, part) => [
    dyAt + BYTES * from * (sizeOf(dy.shape) / batchSize),
    filterAt,
    (dxAt ?? 0) + BYTES * from * (sizeOf(dx.shape) / batchSize),
    (panelsAt ?? 0) + BYTES * part * panel,
    (paddedAt ?? 0) + BYTES * part * image,
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
  release(backend, panels);
  release(backend, padded);
  return dx;
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
