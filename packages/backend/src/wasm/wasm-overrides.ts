import { batchNormalization } from '../layers/batch-normalization.ts';
import { convolution } from '../layers/convolution.ts';
import { dense as denseLayer } from '../layers/dense.ts';
import { rectified } from '../layers/rectified.ts';
import type { Override } from '../overrides/override.ts';
import { activationGradients } from './activation-gradients.ts';
import { activations } from './activations.ts';
import { batchMatMul } from './batch-mat-mul.ts';
import { add, multiply, realDiv, sub } from './broadcast-rows.ts';
import { comparisons } from './compare.ts';
import { conv2dBackpropFilter } from './conv2d-backprop-filter.ts';
import { conv2dBackpropInput } from './conv2d-backprop-input.ts';
import { conv3d } from './conv3d.ts';
import { conv3dBackpropFilter } from './conv3d-backprop-filter.ts';
import { conv3dBackpropInput } from './conv3d-backprop-input.ts';
import { depthwiseConv2dNativeBackpropFilter } from './depthwise-conv2d-native-backprop-filter.ts';
import { depthwiseConv2dNativeBackpropInput } from './depthwise-conv2d-native-backprop-input.ts';
import {
  conv2d,
  depthwiseConv2d,
  fusedConv2d,
  fusedDepthwiseConv2d,
} from './forward-convolution.ts';
import { avgPool, maxPool } from './forward-pool.ts';
import { fusedBatchNorm } from './fused-batch-norm.ts';
import { fusedMatMul } from './fused-mat-mul.ts';
import { gatherV2 } from './gather-v2.ts';
import { identity } from './identity.ts';
import { malloc } from './malloc.ts';
import { maxPoolGrad } from './max-pool-grad.ts';
import { mean } from './mean.ts';
import { oneHot } from './one-hot.ts';
import { avgPool3dGrad, maxPool3d, maxPool3dGrad } from './pool-3d.ts';
import { pow } from './pow.ts';
import { prelu } from './prelu.ts';
import { logicalAnd, select } from './select.ts';
import { adamUpdate } from './side/adam-update.ts';
import { avgPoolGrad } from './side/avg-pool-grad.ts';
import { batchNorm, batchNormGrad } from './side/batch-norm.ts';
import { dense, reluGrad } from './side/dense.ts';
import { rmspropUpdate } from './side/rmsprop-update.ts';
import { sgdUpdate } from './side/sgd-update.ts';
import { softmaxCrossEntropy } from './side/softmax-cross-entropy.ts';
import { slice } from './slice.ts';
import { sum } from './sum.ts';
import { tile } from './tile.ts';
import { unsortedSegmentSum } from './unsorted-segment-sum.ts';

/** Everything that training on WASM gains. */
export const wasmOverrides: readonly Override[] = [
  ...activationGradients,
  ...activations,
  adamUpdate,
  add,
  avgPool,
  avgPool3dGrad,
  avgPoolGrad,
  batchNorm,
  batchNormGrad,
  batchNormalization,
  rectified,
  batchMatMul,
  ...comparisons,
  conv2d,
  conv2dBackpropFilter,
  conv2dBackpropInput,
  conv3d,
  conv3dBackpropFilter,
  conv3dBackpropInput,
  convolution,
  dense,
  denseLayer,
  depthwiseConv2d,
  depthwiseConv2dNativeBackpropFilter,
  depthwiseConv2dNativeBackpropInput,
  fusedBatchNorm,
  fusedConv2d,
  fusedDepthwiseConv2d,
  fusedMatMul,
  gatherV2,
  identity,
  logicalAnd,
  malloc,
  maxPool,
  maxPool3d,
  maxPool3dGrad,
  maxPoolGrad,
  mean,
  multiply,
  oneHot,
  pow,
  prelu,
  realDiv,
  reluGrad,
  rmspropUpdate,
  select,
  sgdUpdate,
  slice,
  softmaxCrossEntropy,
  sub,
  sum,
  tile,
  unsortedSegmentSum,
];
