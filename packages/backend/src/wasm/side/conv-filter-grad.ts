import type { backend_util, TensorInfo } from '@tensorflow/tfjs';
import { sizeOf } from '../heap.ts';
import type { WasmBackend } from '../heap.ts';
import { namedAddresses } from './address.ts';
import { inParts, partsOf } from './in-parts.ts';
import { produce } from './produce.ts';
import { windowOf } from './window.ts';

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
  const read = namedAddresses(backend, { x, dy });
  const window = windowOf(info);
  const [out] = produce(backend, [info.filterShape], [], ([dw]) => {
    inParts(backend, 'convFilterGrad', blocks, parts, (from, to) => ({
      dw,
      from,
      to,
      ...read,
      ...window,
    }));
  });
  return out;
}
