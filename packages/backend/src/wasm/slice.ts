import { slice_util, util } from '@tensorflow/tfjs';
import type { SliceAttrs, TensorInfo } from '@tensorflow/tfjs';
import { allocate, copier, sizeOf, view } from './heap.ts';
import { override } from './override.ts';

/** Slice that copies within WASM memory; the stock kernel first copies the whole source out of it. */
export const slice = override<{ x: TensorInfo }, SliceAttrs>(
  'Slice',
  'slow',
  ({ inputs: { x }, attrs, backend }, stock) => {
    if (x.dtype === 'string') return stock();
    const [begin = [], size = []] = slice_util.parseSliceParams(x, attrs.begin, attrs.size);
    slice_util.assertParamsValid(x, begin, size);
    const out = allocate(backend, size, x.dtype);
    if (sizeOf(size) === 0) return out;
    const from = view(backend, x);
    const to = view(backend, out);
    const strides = [...util.computeStrides(x.shape), 1];
    // Axes after the last one that is cut stay whole: their elements move as one run.
    let cut = x.shape.length - 1;
    while (cut > 0 && size[cut] === x.shape[cut]) cut--;
    const run = x.shape.length === 0 ? 1 : (size[cut] ?? 1) * (strides[cut] ?? 1);
    let at = 0;
    const copyRun = copier(backend, x, out);
    const copy = (axis: number, offset: number): void => {
      const start = offset + (begin[axis] ?? 0) * (strides[axis] ?? 1);
      if (axis >= cut) {
        // Short runs are cheaper to copy one by one.
        if (run < 16) for (let i = 0; i < run; i++) to[at + i] = from[start + i] ?? 0;
        else copyRun(at, start, run);
        at += run;
        return;
      }
      const stride = strides[axis] ?? 1;
      for (let i = 0; i < (size[axis] ?? 0); i++) copy(axis + 1, start + i * stride);
    };
    copy(0, 0);
    return out;
  },
);
