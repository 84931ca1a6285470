import type { backend_util, TensorInfo, UnsortedSegmentSumAttrs } from '@tensorflow/tfjs';
import { compose } from './compose.ts';
import type { Run } from './compose.ts';
import { allocate, floats, sizeOf, view } from './heap.ts';
import { override } from './override.ts';
import { reshape } from './shape-ops.ts';
import { address, namedAddresses } from './side/address.ts';
import { sideKernels } from './side/side-module.ts';

/** Adds each row of `x` to the row of the result that its segment id names: the gradient of gather, so of embeddings. */
export const unsortedSegmentSum = override<
  { x: TensorInfo; segmentIds: TensorInfo },
  UnsortedSegmentSumAttrs
>('UnsortedSegmentSum', 'missing', ({ inputs: { x, segmentIds }, attrs, backend }) => {
  const { numSegments } = attrs;
  if (segmentIds.shape.length !== 1) {
    return compose(backend, (run) => byMasks(run, x, segmentIds, numSegments));
  }
  const count = sizeOf(segmentIds.shape);
  if (x.shape[0] !== count)
    throw new RangeError(
      `UnsortedSegmentSum: x must have a row for each segment id, got ${x.shape[0] ?? 0} rows and ${count} ids`,
    );
  const out = allocate(backend, [numSegments, ...x.shape.slice(1)], 'float32');
  const side = x.dtype === 'float32' && segmentIds.dtype === 'int32' && sideKernels(backend);
  if (side) {
    const at = namedAddresses(backend, { x, sums: out });
    const ids = address(backend, segmentIds, 'int32');
    const width = sizeOf(x.shape.slice(1));
    side.segmentSum({ ids, rows: count, width, segments: numSegments, ...at });
  } else addRows(view(backend, x), view(backend, segmentIds), floats(backend, out), numSegments);
  return out;
});

function addRows(
  rows: backend_util.TypedArray,
  ids: backend_util.TypedArray,
  sums: Float32Array,
  numSegments: number,
): void {
  const width = ids.length === 0 ? 0 : rows.length / ids.length;
  sums.fill(0);
  for (let row = 0; row < ids.length; row++) {
    const segment = ids[row] ?? -1;
    // As on the CPU back end, rows of other segments are dropped.
    if (segment < 0 || segment >= numSegments) continue;
    const from = row * width;
    const to = segment * width;
    for (let i = 0; i < width; i++) sums[to + i] = (sums[to + i] ?? 0) + (rows[from + i] ?? 0);
  }
}

/** Ids of another rank broadcast against `x`, as on the CPU back end; rare, so one masked sum per segment will do. */
function byMasks(run: Run, x: TensorInfo, ids: TensorInfo, numSegments: number): TensorInfo {
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
