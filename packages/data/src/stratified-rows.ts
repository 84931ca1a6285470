import type { Rng } from '@tfloop/core';

/**
 * Draws `count` rows so that every class keeps its share, to within one row; in ascending order.
 *
 * The shares are rounded by largest remainders, equal remainders for the lower label first.
 */
export function stratifiedRows(labels: Uint8Array, count: number, rng: Rng): Int32Array {
  const rowsOf = new Map<number, number[]>();
  labels.forEach((label, row) => {
    const rows = rowsOf.get(label);
    if (rows) rows.push(row);
    else rowsOf.set(label, [row]);
  });
  const strata = [...rowsOf].sort(([a], [b]) => a - b).map(([, rows]) => rows);
  const quotas = strata.map((rows) => Math.floor((rows.length * count) / labels.length));
  const missing = count - quotas.reduce((sum, quota) => sum + quota, 0);
  strata
    .map((rows, stratum) => ({ stratum, remainder: (rows.length * count) % labels.length }))
    .sort((a, b) => b.remainder - a.remainder)
    .slice(0, missing)
    .forEach(({ stratum }) => (quotas[stratum] = (quotas[stratum] ?? 0) + 1));
  const drawn = strata.flatMap((rows, stratum) =>
    Array.from(rng.permutation(rows.length).subarray(0, quotas[stratum]), (i) => rows[i] ?? 0),
  );
  return Int32Array.from(drawn).sort();
}
