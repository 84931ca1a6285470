import type { TensorInfo, UnsortedSegmentSumAttrs } from '@tensorflow/tfjs';
import { addRows } from './add-rows.ts';
import { compose } from './compose.ts';
import { maskedSums } from './composed/masked-sums.ts';
import { allocate, floats, sizeOf, view } from './heap.ts';
import { override } from './override.ts';
import { address, namedAddresses } from './side/address.ts';
import { sideKernels } from './side/side-module.ts';

/** Adds each row of `x` to the row of the result that its segment id names: the gradient of gather, so of embeddings. */
export const unsortedSegmentSum = override<
  { x: TensorInfo; segmentIds: TensorInfo },
  UnsortedSegmentSumAttrs
>('UnsortedSegmentSum', 'missing', ({ inputs: { x, segmentIds }, attrs, backend }) => {
  const { numSegments } = attrs;
  if (segmentIds.shape.length !== 1) {
    return compose(backend, (run) => maskedSums(run, x, segmentIds, numSegments));
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
