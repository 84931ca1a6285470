import type { GatherV2Attrs, TensorInfo } from '@tensorflow/tfjs';
import { fusedOverride } from '../fused-override.ts';
import { gather as gatherByTensorflow } from '../gather.ts';
import { run } from '../tensorflow.ts';
import { onTopOf, overrideOnTop } from './on-top-of.ts';

/** Rows of a matrix, each times a number of its own. */
export const scaleRows = fusedOverride('TfloopScaleRows', ({ inputs: { x, factors }, backend }) => [
  run(backend, 'TfloopScaleRows', [x, factors], []),
]);

/** Rows by their numbers, as every batch is gathered. */
export const gather = onTopOf(
  gatherByTensorflow,
  overrideOnTop<{ readonly x: TensorInfo; readonly indices: TensorInfo }, GatherV2Attrs>(
    'GatherV2',
    'slow',
    ({ inputs: { x, indices }, attrs: { axis, batchDims }, backend }, stock) => {
      const isPlain =
        (x.dtype === 'float32' || x.dtype === 'int32') &&
        batchDims === 0 &&
        axis === 0 &&
        indices.shape.length === 1 &&
        indices.dtype === 'int32';
      if (!isPlain) return stock();
      try {
        return run(
          backend,
          x.dtype === 'float32' ? 'TfloopGatherFloats' : 'TfloopGatherIntegers',
          [x, indices],
          [],
        );
      } catch (error) {
        // Stock says it as the other back ends do.
        if (String(error).includes('is not in [0,')) return stock();
        throw error;
      }
    },
  ),
);
