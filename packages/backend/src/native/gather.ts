import type { GatherV2Attrs, TensorInfo } from '@tensorflow/tfjs';
import { integer } from './constants.ts';
import { override } from './override.ts';
import { floats, ints, run } from './tensorflow.ts';

/**
 * Rows by their numbers, as every batch is gathered, with the axis a constant. On the CPU TensorFlow itself refuses
 * numbers that are out of range; stock reads them all to do so.
 */
export const gather = override<
  { readonly x: TensorInfo; readonly indices: TensorInfo },
  GatherV2Attrs
>('GatherV2', 'slow', ({ inputs: { x, indices }, attrs: { axis, batchDims }, backend }, stock) => {
  const isPlain =
    !backend.isUsingGpuDevice &&
    batchDims === 0 &&
    indices.dtype === 'int32' &&
    (x.dtype === 'float32' || x.dtype === 'int32');
  if (!isPlain) return stock();
  const typed = x.dtype === 'float32' ? floats : ints;
  try {
    return run(
      backend,
      'GatherV2',
      [x, indices, integer(backend, axis)],
      [
        { name: 'batch_dims', type: backend.binding.TF_ATTR_INT, value: 0 },
        typed(backend, 'Tparams'),
        ints(backend, 'Tindices'),
        ints(backend, 'Taxis'),
      ],
    );
  } catch (error) {
    // Stock says it as the other back ends do.
    if (String(error).includes('is not in [0,')) return stock();
    throw error;
  }
});
