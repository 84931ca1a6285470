import type { backend_util, TensorInfo } from '@tensorflow/tfjs';
import { allocate } from '../heap.ts';
import type { WasmBackend } from '../heap.ts';
import { address } from './address.ts';
import type { SideKernels } from './side-kernels.ts';

/** Gradient of an NHWC depthwise convolution with respect to its filter. */
export function depthwiseFilterGrad(
  side: SideKernels,
  backend: WasmBackend,
  x: TensorInfo,
  dy: TensorInfo,
  info: backend_util.Conv2DInfo,
): TensorInfo {
  const dw = allocate(backend, info.filterShape, 'float32');
  side.depthwiseFilterGrad(
    address(backend, x),
    address(backend, dy),
    address(backend, dw),
    info.batchSize,
    info.inHeight,
    info.inWidth,
    info.inChannels,
    info.outHeight,
    info.outWidth,
    info.outChannels / info.inChannels,
    info.filterHeight,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
    info.dilationHeight,
    info.dilationWidth,
    info.padInfo.top,
    info.padInfo.left,
  );
  return dw;
}
