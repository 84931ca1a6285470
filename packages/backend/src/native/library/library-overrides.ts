import type { Override } from '../../overrides/override.ts';
import { batchNorm, batchNormGrad, moveTowards } from './batch-norm.ts';
import { conv2d, conv2dBackpropFilter, conv2dBackpropInput } from './convolution.ts';
import { softmaxCrossEntropy } from './cross-entropy.ts';
import { dense, matMul, reluGrad } from './dense.ts';
import { maxPoolGrad } from './max-pool.ts';
import { mean, meanGradient, sum } from './reductions.ts';
import { gather, scaleRows } from './rows.ts';
import { adamUpdate, rmspropUpdate, sgdUpdate } from './updates.ts';

/** What the kernel library does in place of ops of TensorFlow's. */
export const libraryOverrides: readonly Override[] = [
  adamUpdate,
  batchNorm,
  batchNormGrad,
  conv2d,
  conv2dBackpropFilter,
  conv2dBackpropInput,
  dense,
  gather,
  matMul,
  maxPoolGrad,
  mean,
  meanGradient,
  moveTowards,
  scaleRows,
  sum,
  reluGrad,
  rmspropUpdate,
  sgdUpdate,
  softmaxCrossEntropy,
];
