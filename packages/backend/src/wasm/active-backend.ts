import { backend } from '@tensorflow/tfjs';
import type { WasmBackend } from './heap.ts';

/** The back end that tfjs computes on, which has to be WASM; tfjs's type is of what all back ends have. */
export function activeBackend(): WasmBackend {
  return backend() as unknown as WasmBackend;
}
