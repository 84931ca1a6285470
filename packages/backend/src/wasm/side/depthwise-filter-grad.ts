import type { backend_util, TensorInfo } from '@tensorflow/tfjs';
import type { WasmBackend } from '../heap.ts';
import { addresses } from './address.ts';
import { produce } from './produce.ts';
import type { SideKernels } from './side-kernels.ts';

/** Gradient of an NHWC depthwise convolution with respect to its filter. */
export function depthwiseFilterGrad(
  side: SideKernels,
  backend: WasmBackend,
  x: TensorInfo,
  dy: TensorInfo,
  info: backend_util.Conv2DInfo,
): TensorInfo {
  const from = addresses(backend, [x, dy]);
  const [out] = produce(backend, [info.filterShape], [], ([dw]) => {
    side.depthwiseFilterGrad(
      ...from,
      dw,
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
  });
  return out;
}
