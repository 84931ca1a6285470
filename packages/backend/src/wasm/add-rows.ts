import type { backend_util } from '@tensorflow/tfjs';

/** Sets `sums` to the sums of the rows of each segment. */
export function addRows(
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
