import type { backend_util, TensorInfo } from '@tensorflow/tfjs';
import { allocate } from '../heap.ts';
import type { WasmBackend } from '../heap.ts';
import { address } from './address.ts';
import type { SideKernels } from './side-kernels.ts';

/** Gradient of an NHWC convolution without dilation with respect to its filter. */
export function convFilterGrad(
  side: SideKernels,
  backend: WasmBackend,
  x: TensorInfo,
  dy: TensorInfo,
  info: backend_util.Conv2DInfo,
): TensorInfo {
  const dw = allocate(backend, info.filterShape, 'float32');
  side.convFilterGrad(
    address(backend, x),
    address(backend, dy),
    address(backend, dw),
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
  );
  return dw;
}
