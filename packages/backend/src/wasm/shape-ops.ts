import type { TensorInfo } from '@tensorflow/tfjs';
import type { Run } from './compose.ts';

/** The same elements in another shape; copies nothing. */
export function reshape(run: Run, x: TensorInfo, shape: readonly number[]): TensorInfo {
  return run('Reshape', { x }, { shape: [...shape] });
}

/** Axes in another order. */
export function transpose(run: Run, x: TensorInfo, perm: readonly number[]): TensorInfo {
  return run('Transpose', { x }, { perm: [...perm] });
}

/** An NHWC image with zeros after each row and column, so that both axes grow by their stride. */
export function spread(
  run: Run,
  x: TensorInfo,
  [strideHeight, strideWidth]: readonly [number, number],
): TensorInfo {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const rows = reshape(run, x, [batch * height, 1, width, channels]);
  const result = cropOrPad(run, rows, [
    [0, 0],
    [0, strideHeight - 1],
    [0, 0],
    [0, (strideWidth - 1) * channels],
  ]);
  return reshape(run, result, [batch, height * strideHeight, width * strideWidth, channels]);
}

/** A float32 tensor of zeros. */
export function zeros(run: Run, shape: readonly number[]): TensorInfo {
  return run('Fill', {}, { shape: [...shape], value: 0, dtype: 'float32' });
}

/**
 * Adds zeros before and after each axis of a float32 tensor; a negative amount crops instead, zeros of the other side
 * included.
 */
export function cropOrPad(
  run: Run,
  x: TensorInfo,
  amounts: readonly (readonly [before: number, after: number])[],
): TensorInfo {
  const axes = amounts.map(([before, after], i) => {
    const size = x.shape[i] ?? 0;
    const [start, end] = [-before, size + after];
    const begin = Math.min(Math.max(0, start), size);
    const kept = Math.max(0, Math.min(Math.max(0, end), size) - begin);
    const paddings = [Math.max(0, begin - start), Math.max(0, end - begin - kept)];
    return { size, begin, kept, paddings, total: Math.max(0, end - start) };
  });
  if (axes.some(({ kept }) => kept === 0))
    return zeros(
      run,
      axes.map(({ total }) => total),
    );
  let result = x;
  if (axes.some(({ kept, size }) => kept < size)) {
    const begin = axes.map((axis) => axis.begin);
    const size = axes.map((axis) => axis.kept);
    result = run('Slice', { x: result }, { begin, size });
  }
  if (axes.some(({ kept, total }) => kept < total)) {
    const paddings = axes.map((axis) => axis.paddings);
    result = run('PadV2', { x: result }, { paddings, constantValue: 0 });
  }
  return result;
}
