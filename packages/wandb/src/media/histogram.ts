import { check } from '@tfloop/core';
import { checkNamed } from '../check-named.ts';
import { histogramCounts, type HistogramCounts } from './histogram-counts.ts';
import { hostNumbers, type Numbers } from './host-numbers.ts';
import { media, type WandbMedia } from './media.ts';

/** Bins that the service takes. */
const MAX_BINS = 512;

/** Options of {@link wandbHistogram}. */
export interface WandbHistogramOptions {
  /** The numbers to count: NaN and infinities are left out. */
  readonly values: Numbers;
  /** Bins of equal width, from 1 to 512. @default 64 */
  readonly bins?: number;
}

/** Options of {@link wandbHistogramOfCounts}. */
export interface WandbHistogramOfCountsOptions {
  /** How many numbers lie in each bin, of 512 at most. */
  readonly counts: ArrayLike<number>;
  /** The bins' edges, rising: one more than there are counts. */
  readonly edges: ArrayLike<number>;
}

/**
 * A histogram of numbers, counted here as `numpy.histogram(values, bins)` counts, so nothing of them is kept. Reading
 * a tensor waits for the device. Throws a RangeError on a number of bins out of its range.
 */
export function wandbHistogram(options: WandbHistogramOptions): WandbMedia {
  checkNamed('wandbHistogram', options, ['values', 'bins']);
  const { values, bins = 64 } = options;
  check.integer('wandbHistogram', 'bins', bins, { min: 1, max: MAX_BINS });
  return ofCounts(histogramCounts(hostNumbers('wandbHistogram', 'values', values).data, bins));
}

/** A histogram that is counted already. Throws a RangeError where counts and edges don't fit. */
export function wandbHistogramOfCounts(options: WandbHistogramOfCountsOptions): WandbMedia {
  const owner = 'wandbHistogramOfCounts';
  checkNamed(owner, options, ['counts', 'edges']);
  const { counts, edges } = options;
  check.integer(owner, 'counts.length', counts.length, { min: 1, max: MAX_BINS });
  check.integer(owner, 'edges.length', edges.length, {
    min: counts.length + 1,
    max: counts.length + 1,
  });
  return ofCounts({ values: Array.from(counts), bins: Array.from(edges) });
}

function ofCounts({ values, bins }: HistogramCounts): WandbMedia {
  return media('histogram', (key) => ({
    files: [],
    row: { [key]: { _type: 'histogram', values, bins } },
  }));
}
