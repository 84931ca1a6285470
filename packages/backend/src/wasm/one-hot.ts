import type { OneHotAttrs, TensorInfo } from '@tensorflow/tfjs';
import { allocate, view } from './heap.ts';
import { override } from './override.ts';

/** OneHot of the dtype asked for; the stock kernel writes integers whatever the dtype, and slowly. */
export const oneHot = override<{ indices: TensorInfo }, OneHotAttrs>(
  'OneHot',
  'wrong',
  ({ inputs: { indices }, attrs: { dtype, depth, onValue, offValue }, backend }) => {
    const out = allocate(backend, [...indices.shape, depth], dtype);
    const to = view(backend, out).fill(offValue);
    view(backend, indices).forEach((label, i) => {
      // A label outside of the range has no place: all of its values are off, as on the CPU back end.
      if (label >= 0 && label < depth) to[i * depth + label] = onValue;
    });
    return out;
  },
);
