import type { TensorInfo } from '@tensorflow/tfjs';
import type { Run } from '../compose.ts';
import { reshape } from '../shape-ops.ts';

/**
 * Sums of segments whose ids have another rank than 1: they broadcast against `x`, as on the CPU back end. Rare, so one masked
 * sum per segment will do.
 */
export function maskedSums(
  run: Run,
  x: TensorInfo,
  ids: TensorInfo,
  numSegments: number,
): TensorInfo {
  const [first = 1, ...rest] = ids.shape;
  const missing = Array.from({ length: x.shape.length - ids.shape.length }, () => 1);
  const b = reshape(run, ids, ids.shape.length === 0 ? missing : [first, ...missing, ...rest]);
  const sums = Array.from({ length: numSegments }, (_, value) => {
    const a = run('Fill', {}, { shape: [], value, dtype: 'int32' });
    const mask = run('Cast', { x: run('Equal', { a, b }) }, { dtype: 'float32' });
    const kept = run('Multiply', { a: mask, b: run('Cast', { x }, { dtype: 'float32' }) });
    return run('Sum', { x: kept }, { axis: 0, keepDims: false });
  });
  return run('Pack', sums, { axis: 0 });
}
