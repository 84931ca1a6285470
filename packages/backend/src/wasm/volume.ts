import type { backend_util, TensorInfo } from '@tensorflow/tfjs';
import type { Run } from './compose.ts';
import { cropOrPad } from './shape-ops.ts';

/** What tfjs computes of a 3D convolution or pool. */
export type VolumeInfo = ReturnType<typeof backend_util.computeConv3DInfo>;

/** Volumes as windows see them. */
export interface SeenVolumes {
  /** What tfjs computed, for volumes that are cut, where no padding is negative. */
  readonly info: VolumeInfo;
  /** Cuts off of NDHWC volumes what no window sees. */
  readonly cut: (run: Run, x: TensorInfo) => TensorInfo;
  /** Puts zeros where that was. */
  readonly restore: (run: Run, dx: TensorInfo) => TensorInfo;
}

/**
 * In 3D, `same` padding is negative where strides are greater than windows: windows then begin behind the first element. 2D
 * kernels know no such padding, so that it has to be cut off before.
 */
export function seenVolumes(info: VolumeInfo): SeenVolumes {
  const { front, back, top, bottom, left, right } = info.padInfo;
  const pads = [
    [0, 0],
    [front, back],
    [top, bottom],
    [left, right],
    [0, 0],
  ] as const;
  const cuts = pads.map(([before, after]) => [Math.min(0, before), Math.min(0, after)] as const);
  const sizes = info.inShape.map((size, axis) => size + sum(cuts[axis] ?? [0, 0]));
  const [, inDepth = 0, inHeight = 0, inWidth = 0] = sizes;
  const least0 = Object.fromEntries(
    Object.entries({ front, back, top, bottom, left, right }).map(([side, pad]) => [
      side,
      Math.max(0, pad),
    ]),
  );
  return {
    info: { ...info, inDepth, inHeight, inWidth, padInfo: { ...info.padInfo, ...least0 } },
    cut: (run, x) => cropOrPad(run, x, cuts),
    restore: (run, dx) =>
      cropOrPad(
        run,
        dx,
        cuts.map(([before, after]) => [-before, -after]),
      ),
  };
}

function sum([a, b]: readonly [number, number]): number {
  return a + b;
}

/** Attributes of a 2D convolution or pool of each image. */
export function imageAttrs({ strideHeight, strideWidth, padInfo }: VolumeInfo) {
  const { top, bottom, left, right } = padInfo;
  return {
    strides: [strideHeight, strideWidth],
    pad: [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ],
    dataFormat: 'NHWC',
  };
}
