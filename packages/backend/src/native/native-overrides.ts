import { batchNormalization } from '../layers/batch-normalization.ts';
import { rectified } from '../layers/rectified.ts';
import type { Override } from '../overrides/override.ts';

/** Everything that training on TensorFlow's C library gains. */
export const nativeOverrides: readonly Override[] = [batchNormalization, rectified];
