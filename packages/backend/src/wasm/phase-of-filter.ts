import type { TensorInfo } from '@tensorflow/tfjs';
import type { Pair } from './convolve.ts';
import { allocate, floats } from './heap.ts';
import type { WasmBackend } from './heap.ts';

/**
 * The taps `phase`, `phase + stride`, … of a filter [h, w, a, b], last one first; with stride 1 the filter turned by 180°.
 * Phases with fewer taps than others begin with zeros. The caller owns the result, [ceil(h/stride), ceil(w/stride), a, b].
 */
export function phaseOfFilter(
  backend: WasmBackend,
  filter: TensorInfo,
  phase: Pair,
  strides: Pair,
): TensorInfo {
  const [height = 0, width = 0, a = 0, b = 0] = filter.shape;
  const [rows, columns] = [Math.ceil(height / strides[0]), Math.ceil(width / strides[1])];
  const tap = a * b;
  const out = allocate(backend, [rows, columns, a, b], 'float32');
  const from = floats(backend, filter);
  const to = floats(backend, out);
  for (let i = 0; i < rows; i++) {
    const row = phase[0] + strides[0] * (rows - 1 - i);
    for (let j = 0; j < columns; j++) {
      const column = phase[1] + strides[1] * (columns - 1 - j);
      const at = (i * columns + j) * tap;
      if (row >= height || column >= width) to.fill(0, at, at + tap);
      else {
        const begin = (row * width + column) * tap;
        to.set(from.subarray(begin, begin + tap), at);
      }
    }
  }
  return out;
}
