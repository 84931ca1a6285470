import type { LeakyReluAttrs, TensorInfo } from '@tensorflow/tfjs';
import { sizeOf } from './heap.ts';
import { override } from './override.ts';
import { namedAddresses } from './side/address.ts';
import { produce } from './side/produce.ts';
import { sideKernels } from './side/side-module.ts';

/** Leaky ReLU by the side module; the stock kernel takes numbers one by one. */
export const leakyRelu = override<{ x: TensorInfo }, LeakyReluAttrs>(
  'LeakyRelu',
  'slow',
  ({ inputs: { x }, attrs: { alpha }, backend }, stock) => {
    const side = sideKernels(backend);
    if (!side || x.dtype !== 'float32') return stock();
    const from = namedAddresses(backend, { x });
    const [out] = produce(backend, [x.shape], [], ([y]) => {
      side.leakyRelu({ y, size: sizeOf(x.shape), alpha, ...from });
    });
    return out;
  },
);
