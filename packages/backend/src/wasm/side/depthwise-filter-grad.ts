import type { backend_util, TensorInfo } from '@tensorflow/tfjs';
import type { WasmBackend } from '../heap.ts';
import { namedAddresses } from './address.ts';
import { produce } from './produce.ts';
import type { SideKernels } from './side-kernels.ts';
import { windowOf } from './window.ts';

/** Gradient of an NHWC depthwise convolution with respect to its filter. */
export function depthwiseFilterGrad(
  side: SideKernels,
  backend: WasmBackend,
  x: TensorInfo,
  dy: TensorInfo,
  info: backend_util.Conv2DInfo,
): TensorInfo {
  const { inChannels: channels, dilationHeight, dilationWidth } = info;
  const multiplier = info.outChannels / channels;
  const from = namedAddresses(backend, { x, dy });
  const window = { dilationHeight, dilationWidth, channels, multiplier, ...windowOf(info) };
  const [out] = produce(backend, [info.filterShape], [], ([dw]) => {
    side.depthwiseFilterGrad({ dw, ...from, ...window });
  });
  return out;
}
