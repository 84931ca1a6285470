/** A histogram as the service draws it: `values[i]` counts what lies from `bins[i]` up to `bins[i + 1]`. */
export interface HistogramCounts {
  readonly values: readonly number[];
  readonly bins: readonly number[];
}

/**
 * Counts numbers in bins of equal width from their minimum to their maximum, as `numpy.histogram(values, bins)`
 * does to the last bit: in single precision for a Float32Array, else in double. The last bin includes its right
 * edge.
 *
 * NaN and infinities, which numpy refuses, are left out. No finite number gives empty bins from 0 to 1, one value
 * gives bins of its ± 0.5, or ± a millionth of it where halves are lost in the precision. Where so many edges can't be told apart in the precision, the number of bins is halved
 * until they can. Throws a RangeError where the values' range is too wide for the precision.
 */
export function histogramCounts(values: ArrayLike<number>, bins: number): HistogramCounts {
  const round: Round = values instanceof Float32Array ? Math.fround : (value) => value;
  const [first, last] = outerEdges(values, round);
  const { edges, count } = distinctEdges(first, last, bins, round);
  const range = round(last - first);
  const counts = new Array<number>(count).fill(0);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    if (!Number.isFinite(value)) continue;
    const bin = binOf(value, Math.trunc(round(round(round(value - first) / range) * count)), edges);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { values: counts, bins: edges };
}

type Round = (value: number) => number;

function outerEdges(values: ArrayLike<number>, round: Round): readonly [number, number] {
  let first = Infinity;
  let last = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    if (!Number.isFinite(value)) continue;
    if (value < first) first = value;
    if (value > last) last = value;
  }
  if (first > last) return [0, 1];
  return first < last ? [first, last] : edgesAround(first, round);
}

function edgesAround(value: number, round: Round): readonly [number, number] {
  const low = round(value - 0.5);
  const high = round(value + 0.5);
  if (low < high) return [low, high];
  const margin = Math.abs(value) * 2 ** -20;
  return [round(value - margin), round(value + margin)];
}

function distinctEdges(
  first: number,
  last: number,
  bins: number,
  round: Round,
): { edges: number[]; count: number } {
  if (!Number.isFinite(round(last - first)))
    throw new RangeError(`histogram: the range from ${first} to ${last} is too wide`);
  for (let count = bins; count >= 1; count = Math.floor(count / 2)) {
    const step = round(round(last - first) / count);
    const edges = Array.from({ length: count + 1 }, (_, i) => round(round(i * step) + first));
    edges[count] = last;
    if (edges.every((edge, i) => i === 0 || edge > (edges[i - 1] ?? edge))) return { edges, count };
  }
  throw new RangeError(`histogram: ${first} and ${last} can't be told apart by bins`);
}

// Rounding can put the guess one bin beside the one whose edges enclose the value.
function binOf(value: number, guess: number, edges: readonly number[]): number {
  const final = edges.length - 2;
  let bin = Math.min(guess, final);
  if (value < (edges[bin] ?? -Infinity)) bin--;
  if (bin < final && value >= (edges[bin + 1] ?? Infinity)) bin++;
  return bin;
}
