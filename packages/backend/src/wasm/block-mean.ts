import { util } from '@tensorflow/tfjs';
import type { TensorInfo } from '@tensorflow/tfjs';
import type { Run } from './compose.ts';
import { reshape } from './shape-ops.ts';

/**
 * A float32 reduction seen as [outer, rows, width]: neighbouring axes, `rows`, are reduced and some axes are left behind
 * them.
 */
export interface Block {
  readonly outer: number;
  readonly rows: number;
  readonly width: number;
  /** Shape of the result. */
  readonly shape: readonly number[];
}

/** The block that a reduction amounts to, or undefined where the stock kernel does as well. */
export function blockOf(
  x: TensorInfo,
  axis: number | number[] | null | undefined,
  keepDims: boolean,
): Block | undefined {
  // All axes at once is one run of numbers, which the stock kernel handles.
  if (axis === null || axis === undefined) return undefined;
  const axes = util.parseAxisParam(axis, x.shape);
  axes.sort((a, b) => a - b);
  const first = axes[0] ?? 0;
  const isRun = axes.length > 0 && axes.every((a, i) => a === first + i);
  const behind = x.shape.slice(first + axes.length);
  const width = util.sizeFromShape(behind);
  const rows = util.sizeFromShape(x.shape.slice(first, first + axes.length));
  // Below four columns a SIMD row is mostly empty, and below four rows there is nothing to win.
  if (x.dtype !== 'float32' || !isRun || width < 4 || rows < 4) return undefined;
  const ahead = x.shape.slice(0, first);
  const outer = util.sizeFromShape(ahead);
  if (outer === 0) return undefined;
  return {
    outer,
    rows,
    width,
    shape: [...ahead, ...(keepDims ? axes.map(() => 1) : []), ...behind],
  };
}

/**
 * Mean over the rows of a block by XNNPACK's average pool, in two stages of about √rows each: that keeps rounding errors
 * small. The result has `block.shape`.
 */
export function blockMean(
  run: Run,
  x: TensorInfo,
  { outer, rows, width, shape }: Block,
): TensorInfo {
  const stage = divisorNearRoot(rows);
  const pool = (values: TensorInfo, count: number, window: number): TensorInfo =>
    run(
      'AvgPool',
      { x: reshape(run, values, [count, window, 1, width]) },
      { filterSize: [window, 1], strides: [1, 1], pad: 'valid' },
    );
  const partial = stage === 1 ? x : pool(x, (outer * rows) / stage, stage);
  return reshape(run, pool(partial, outer, rows / stage), shape);
}

function divisorNearRoot(n: number): number {
  if (n < 64) return 1;
  let divisor = Math.floor(Math.sqrt(n));
  while (n % divisor !== 0) divisor--;
  return divisor;
}
