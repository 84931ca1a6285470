import type { DataType, TensorInfo } from '@tensorflow/tfjs';
import { override } from './override.ts';

/** A cast to what a tensor is already shares its data, as on the CPU back end; stock copies it. */
export const cast = override<{ readonly x: TensorInfo }, { readonly dtype: DataType }>(
  'Cast',
  'slow',
  ({ inputs: { x }, attrs: { dtype }, backend }, stock) => {
    if (x.dtype !== dtype) return stock();
    backend.incRef(x.dataId);
    // Not `x` itself, which the engine would take for the new tensor.
    return { dataId: x.dataId, shape: x.shape, dtype };
  },
);
