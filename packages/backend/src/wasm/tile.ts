import { util } from '@tensorflow/tfjs';
import type { TensorInfo, TileAttrs } from '@tensorflow/tfjs';
import { allocate, sizeOf, view } from './heap.ts';
import { override } from './override.ts';

/** Tile by copying runs within WASM memory; the stock kernel allocates twice per element. */
export const tile = override<{ x: TensorInfo }, TileAttrs>(
  'Tile',
  'slow',
  ({ inputs: { x }, attrs: { reps }, backend }, stock) => {
    if (x.dtype === 'string') return stock();
    const shape = x.shape.map((size, axis) => size * (reps[axis] ?? 1));
    const out = allocate(backend, shape, x.dtype);
    if (sizeOf(shape) === 0) return out;
    const from = view(backend, x);
    const to = view(backend, out);
    const fromStrides = [...util.computeStrides(x.shape), 1];
    const toStrides = [...util.computeStrides(shape), 1];
    // Axes after the last repeated one move as one run.
    let last = x.shape.length - 1;
    while (last > 0 && reps[last] === 1) last--;
    const fill = (axis: number, read: number, write: number): void => {
      const size = x.shape[axis] ?? 1;
      const fromStride = fromStrides[axis] ?? 1;
      const toStride = toStrides[axis] ?? 1;
      if (axis >= last) {
        const run = size * fromStride;
        if (run < 16) for (let i = 0; i < run; i++) to[write + i] = from[read + i] ?? 0;
        else to.set(from.subarray(read, read + run), write);
      } else {
        for (let i = 0; i < size; i++) fill(axis + 1, read + i * fromStride, write + i * toStride);
      }
      repeat(to, write, size * toStride, reps[axis] ?? 1);
    };
    fill(0, 0, 0);
    return out;
  },
);

/** Repeats the `length` elements at `start` until there are `times` of them, doubling what is there. */
function repeat(
  values: { copyWithin: (target: number, start: number, end: number) => unknown },
  start: number,
  length: number,
  times: number,
): void {
  for (let done = 1; done < times;) {
    const more = Math.min(done, times - done);
    values.copyWithin(start + done * length, start, start + more * length);
    done += more;
  }
}
