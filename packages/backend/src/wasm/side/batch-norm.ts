import type { TensorInfo } from '@tensorflow/tfjs';
import { allocate, release, sizeOf } from '../heap.ts';
import type { WasmBackend } from '../heap.ts';
import { address } from './address.ts';
import { sideOverride } from './side-override.ts';

interface Attrs {
  readonly epsilon: number;
  readonly relu: boolean;
}

/** Batch norm in training, forward: moments as exact as float32 can be, then one pass. */
export const batchNorm = sideOverride<
  { readonly x: TensorInfo; readonly scale: TensorInfo; readonly offset: TensorInfo },
  Attrs
>('TfloopBatchNorm', 'fused', ({ inputs: { x, scale, offset }, attrs, backend }, side) => {
  const channels = x.shape.at(-1) ?? 0;
  const [at, s, o] = [x, scale, offset].map((info) => address(backend, info));
  const y = allocate(backend, x.shape, 'float32');
  const [mean, variance] = [
    allocate(backend, [channels], 'float32'),
    allocate(backend, [channels], 'float32'),
  ];
  const scratch = allocateScratch(backend, 3, channels);
  side.batchNorm(
    at ?? 0,
    s ?? 0,
    o ?? 0,
    address(backend, y),
    address(backend, mean),
    address(backend, variance),
    address(backend, scratch),
    sizeOf(x.shape) / channels,
    channels,
    attrs.epsilon,
    Number(attrs.relu),
  );
  release(backend, scratch);
  return [y, mean, variance];
});

/** Batch norm in training, backward: one pass for the sums of each channel, one for the gradient. */
export const batchNormGrad = sideOverride<
  {
    readonly dy: TensorInfo;
    readonly x: TensorInfo;
    readonly y: TensorInfo;
    readonly scale: TensorInfo;
    readonly mean: TensorInfo;
    readonly variance: TensorInfo;
  },
  Attrs
>('TfloopBatchNormGrad', 'fused', ({ inputs, attrs, backend }, side) => {
  const { dy, x, y, scale, mean, variance } = inputs;
  const channels = x.shape.at(-1) ?? 0;
  const from = [dy, x, y, scale, mean, variance].map((info) => address(backend, info));
  const [dyAt = 0, xAt = 0, yAt = 0, scaleAt = 0, meanAt = 0, varianceAt = 0] = from;
  const dx = allocate(backend, x.shape, 'float32');
  const dScale = allocate(backend, [channels], 'float32');
  const dOffset = allocate(backend, [channels], 'float32');
  const scratch = allocateScratch(backend, 5, channels);
  side.batchNormGrad(
    dyAt,
    xAt,
    yAt,
    scaleAt,
    meanAt,
    varianceAt,
    address(backend, dx),
    address(backend, dScale),
    address(backend, dOffset),
    address(backend, scratch),
    sizeOf(x.shape) / channels,
    channels,
    attrs.epsilon,
    Number(attrs.relu),
  );
  release(backend, scratch);
  return [dx, dScale, dOffset];
});

/** Memory for a number of doubles a channel, of channels that are computed in fours. */
function allocateScratch(backend: WasmBackend, doubles: number, channels: number): TensorInfo {
  return allocate(backend, [2 * doubles * Math.ceil(channels / 4) * 4], 'float32');
}
