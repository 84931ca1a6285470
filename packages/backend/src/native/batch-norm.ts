import { add, mul, reshape, rsqrt, tidy } from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { BatchNormKernels } from '../fused/batch-norm-kernels.ts';
import { nothing } from './constants.ts';
import { override } from './override.ts';
import {
  bool,
  float,
  floats,
  run,
  runMany,
  text,
  type Attribute,
  type TensorFlow,
} from './tensorflow.ts';

type Forward = BatchNormKernels['TfloopBatchNorm'];
type Backward = BatchNormKernels['TfloopBatchNormGrad'];

// The second version of the op is the last that keeps nothing from forward to backward but two numbers a channel: on the
// CPU mean and variance, on a GPU (untried) mean and 1 / √(variance + epsilon).

/** Batch norm in training, forward. */
export const batchNorm = override<Forward['inputs'], Forward['attrs']>(
  'TfloopBatchNorm',
  'fused',
  ({ inputs: { x, scale, offset }, attrs: { epsilon, relu }, backend }) =>
    tidy(() => {
      const none = nothing(backend);
      const [normed, mean, unbiased, kept] = runMany(
        backend,
        'FusedBatchNormV2',
        [asImage(x), scale, offset, none, none],
        attributes(backend, epsilon),
        { outputs: 5, wanted: [0, 1, 2, 4] },
      );
      const rows = x.size / mean.size;
      const variance = backend.isUsingGpuDevice ? mul(unbiased, (rows - 1) / rows) : kept;
      const y = relu ? run(backend, 'Relu', [normed], [floats(backend, 'T')]) : normed;
      return [reshaped(y, x), mean, variance];
    }),
);

/** Its gradients. */
export const batchNormGrad = override<Backward['inputs'], Backward['attrs']>(
  'TfloopBatchNormGrad',
  'fused',
  ({ inputs: { dy, x, y, scale, mean, variance }, attrs: { epsilon, relu }, backend }) =>
    tidy(() => {
      const passed = relu ? run(backend, 'ReluGrad', [dy, y], [floats(backend, 'T')]) : dy;
      const kept = backend.isUsingGpuDevice ? rsqrt(add(variance, epsilon)) : variance;
      const [dx, dScale, dOffset] = runMany(
        backend,
        'FusedBatchNormGradV2',
        [asImage(passed), asImage(x), scale, mean, kept],
        attributes(backend, epsilon),
        { outputs: 5, wanted: [0, 1, 2] },
      );
      return [reshaped(dx, x), dScale, dOffset];
    }),
);

function attributes(backend: TensorFlow, epsilon: number): Attribute[] {
  return [
    floats(backend, 'T'),
    floats(backend, 'U'),
    float(backend, 'epsilon', epsilon),
    text(backend, 'data_format', 'NHWC'),
    bool(backend, 'is_training', true),
  ];
}

/** The op takes four dimensions only. */
function asImage(x: Tensor): Tensor {
  return x.rank === 4 ? x : reshape(x, [-1, 1, 1, x.shape.at(-1) ?? 1]);
}

function reshaped(tensor: Tensor, { rank, shape }: Tensor): Tensor {
  return rank === 4 ? tensor : reshape(tensor, shape);
}
