import { batchNormalization } from '../layers/batch-normalization.ts';
import { convolution } from '../layers/convolution.ts';
import { dense as denseLayer } from '../layers/dense.ts';
import { rectified } from '../layers/rectified.ts';
import type { Override } from '../overrides/override.ts';
import { activationGradients } from './activation-gradients.ts';
import { adamUpdate } from './adam-update.ts';
import { batchNorm, batchNormGrad } from './batch-norm.ts';
import { cast } from './cast.ts';
import { dense, reluGrad } from './dense.ts';
import { gather } from './gather.ts';
import { mean } from './mean.ts';
import { pow } from './pow.ts';
import { prelu, preluGradient } from './prelu.ts';
import { meanGradient, sumGradient } from './reduction-gradients.ts';
import { reshape } from './reshape.ts';
import { rmspropUpdate } from './rmsprop-update.ts';
import { sgdUpdate } from './sgd-update.ts';
import { softmaxCrossEntropy } from './softmax-cross-entropy.ts';
import { sum } from './sum.ts';

/**
 * Everything that training on TensorFlow's C library gains.
 *
 * Products of matrices stay with the op for batches of them, though `MatMul` takes two thirds of its time or less: on
 * processors with AVX-512 a signal in the middle of it (a profiler's, a child's end) leaves the heap corrupted.
 */
export const nativeOverrides: readonly Override[] = [
  ...activationGradients,
  adamUpdate,
  batchNorm,
  batchNormGrad,
  batchNormalization,
  cast,
  convolution,
  dense,
  denseLayer,
  gather,
  mean,
  meanGradient,
  pow,
  prelu,
  preluGradient,
  rectified,
  reluGrad,
  reshape,
  rmspropUpdate,
  sgdUpdate,
  softmaxCrossEntropy,
  sum,
  sumGradient,
];
