import type { backend_util, TensorInfo } from '@tensorflow/tfjs';
import { allocate, release } from '../heap.ts';
import type { WasmBackend } from '../heap.ts';
import { address } from './address.ts';
import type { SideKernels } from './side-kernels.ts';

/** Gradient of a convolution without dilation with respect to its input, NHWC whatever the format that `info` is of. */
export function convInputGrad(
  side: SideKernels,
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
  const panels = allocate(
    backend,
    [info.filterHeight, info.filterWidth, channels, info.outChannels],
    'float32',
  );
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
  const padded = allocate(backend, [rows.total, columns.total, info.outChannels], 'float32');
  side.convInputGrad(
    dyAt,
    filterAt,
    address(backend, dx),
    address(backend, panels),
    address(backend, padded),
    info.batchSize,
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
  );
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
