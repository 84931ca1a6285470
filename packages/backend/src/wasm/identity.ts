import type { TensorInfo } from '@tensorflow/tfjs';
import { alias } from './heap.ts';
import { override } from './override.ts';

/** Clone without a copy, as on the CPU back end: no tfjs kernel writes into its input, and `Variable.assign` swaps data. */
export const identity = override<{ x: TensorInfo }, object>(
  'Identity',
  'slow',
  ({ inputs: { x }, backend }) => alias(backend, x),
);
