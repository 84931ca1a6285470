import { backend_util } from '@tensorflow/tfjs';
import type { Conv3DBackpropInputV2Attrs, TensorInfo } from '@tensorflow/tfjs';
import { compose } from './compose.ts';
import { depthTaps, imagesOf } from './depth-taps.ts';
import type { Images } from './depth-taps.ts';
import { floats, release, sizeOf } from './heap.ts';
import type { WasmBackend } from './heap.ts';
import { override } from './override.ts';
import { reshape, zeros } from './shape-ops.ts';
import { imageAttrs, seenVolumes } from './volume.ts';

type Shape5D = [number, number, number, number, number];

/**
 * Gradient of a 3D convolution with respect to its input, and with that a transposed 3D convolution: the sum of those of 2D
 * convolutions, one for each depth of the filter. The stock kernel is wrong.
 */
export const conv3dBackpropInput = override<
  { dy: TensorInfo; filter: TensorInfo },
  Conv3DBackpropInputV2Attrs
>('Conv3DBackpropInputV2', 'wrong', ({ inputs: { dy, filter }, attrs, backend }) => {
  const { strides, pad, inputShape } = attrs;
  const filterShape = filter.shape as Shape5D;
  const { info, restore } = seenVolumes(
    backend_util.computeConv3DInfo(inputShape, filterShape, strides, 1, pad),
  );
  const { batchSize, inDepth, inHeight, inWidth, inChannels } = info;
  const image = [inHeight, inWidth, inChannels];
  return compose(backend, (run) => {
    if (sizeOf(inputShape) * sizeOf(dy.shape) === 0) return zeros(run, inputShape);
    const dx = zeros(run, [batchSize, inDepth, ...image]);
    for (const { depth, seen, out } of depthTaps(info)) {
      const part = compose(backend, (step, adopt) => {
        const begin = [depth, 0, 0, 0, 0];
        const tap = step('Slice', { x: filter }, { begin, size: [1, ...filterShape.slice(1)] });
        return step(
          'Conv2DBackpropInput',
          {
            dy: adopt(imagesOf(backend, dy, out)),
            filter: reshape(step, tap, filterShape.slice(1)),
          },
          { ...imageAttrs(info), inputShape: [batchSize * seen.count, ...image] },
        );
      });
      addImages(backend, part, dx, seen);
      release(backend, part);
    }
    return restore(run, dx);
  });
});

/** Adds images, of volumes one behind the other, to those of `dx` that they belong to. */
function addImages(
  backend: WasmBackend,
  part: TensorInfo,
  dx: TensorInfo,
  { first, count, stride }: Images,
): void {
  const [batch = 0, depth = 0, ...image] = dx.shape;
  const size = sizeOf(image);
  const from = floats(backend, part);
  const to = floats(backend, dx);
  for (let n = 0; n < batch; n++)
    for (let i = 0; i < count; i++) {
      const read = (n * count + i) * size;
      const write = (n * depth + first + i * stride) * size;
      for (let k = 0; k < size; k++) to[write + k] = (to[write + k] ?? 0) + (from[read + k] ?? 0);
    }
}
