import type { TensorInfo } from '@tensorflow/tfjs';
import type { Run } from './compose.ts';
import { allocate, copier, floats, sizeOf } from './heap.ts';
import type { WasmBackend } from './heap.ts';
import { reshape } from './shape-ops.ts';
import type { VolumeInfo } from './volume.ts';

/** Images one behind the other in volumes: `count` from `first` on, `stride` apart. */
export interface Images {
  readonly first: number;
  readonly count: number;
  readonly stride: number;
}

/** A 3D convolution or a part of it is one of 2D: what one depth of the filter sees, and where that goes. */
export interface DepthTap {
  readonly depth: number;
  readonly seen: Images;
  readonly out: Images;
}

/** The 2D convolutions that a 3D one is the sum of; those that see padding alone are left out. */
export function depthTaps(info: VolumeInfo): DepthTap[] {
  const { strideDepth: stride, padInfo } = info;
  return Array.from({ length: info.filterDepth }, (_, depth) => {
    const offset = depth - padInfo.front;
    const first = Math.max(0, Math.ceil(-offset / stride));
    const end = Math.min(info.outDepth, Math.floor((info.inDepth - 1 - offset) / stride) + 1);
    const count = Math.max(0, end - first);
    const seen = { first: first * stride + offset, count, stride };
    return { depth, seen, out: { first, count, stride: 1 } };
  }).filter(({ seen }) => seen.count > 0);
}

/** Images of NDHWC volumes as a batch of their own, which is the caller's. */
export function imagesOf(
  backend: WasmBackend,
  x: TensorInfo,
  { first, count, stride }: Images,
): TensorInfo {
  const [batch = 0, depth = 0, ...image] = x.shape;
  const size = sizeOf(image);
  const images = allocate(backend, [batch * count, ...image], x.dtype);
  const copy = copier(backend, x, images);
  for (let n = 0; n < batch; n++)
    for (let i = 0; i < count; i++)
      copy((n * count + i) * size, (n * depth + first + i * stride) * size, size);
  return images;
}

/** Adds images, of volumes one behind the other, to those of `sums` that they belong to. */
export function addImages(
  backend: WasmBackend,
  part: TensorInfo,
  sums: TensorInfo,
  { first, count, stride }: Images,
): void {
  const [batch = 0, depth = 0, ...image] = sums.shape;
  const size = sizeOf(image);
  const from = floats(backend, part);
  const to = floats(backend, sums);
  for (let n = 0; n < batch; n++)
    for (let i = 0; i < count; i++) {
      const read = (n * count + i) * size;
      const write = (n * depth + first + i * stride) * size;
      for (let k = 0; k < size; k++) to[write + k] = (to[write + k] ?? 0) + (from[read + k] ?? 0);
    }
}

/** One depth of a 3D filter, as a filter of images. */
export function tapOf(run: Run, filter: TensorInfo, depth: number): TensorInfo {
  const [, ...shape] = filter.shape;
  const tap = run('Slice', { x: filter }, { begin: [depth, 0, 0, 0, 0], size: [1, ...shape] });
  return reshape(run, tap, shape);
}
