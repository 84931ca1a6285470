import { util } from '@tensorflow/tfjs';
import type { GatherV2Attrs, TensorInfo } from '@tensorflow/tfjs';
import { allocate, copier, sizeOf, view } from './heap.ts';
import { override } from './override.ts';

/** GatherV2 of whole rows, each copied as one run; the stock kernel computes every element's place. */
export const gatherV2 = override<{ x: TensorInfo; indices: TensorInfo }, GatherV2Attrs>(
  'GatherV2',
  'slow',
  ({ inputs: { x, indices }, attrs: { axis, batchDims }, backend }, stock) => {
    const [first = 0] = util.parseAxisParam(axis, x.shape);
    if (first !== 0 || batchDims !== 0 || x.dtype === 'string') return stock();
    const [rows = 0, ...rest] = x.shape;
    // Before there is an output that nobody would free.
    const bad = view(backend, indices).find((row) => !(row >= 0 && row < rows));
    if (bad !== undefined)
      throw new RangeError(`GatherV2: the index value ${bad} is not in [0, ${rows - 1}]`);
    const out = allocate(backend, [...indices.shape, ...rest], x.dtype);
    const width = sizeOf(rest);
    const copy = copier(backend, x, out);
    view(backend, indices).forEach((row, i) => copy(i * width, row * width, width));
    return out;
  },
);
