import { check, rng } from '@tfloop/core';
import type { ImageDataset } from './image-dataset.ts';
import { pick } from './pick.ts';
import { stratifiedRows } from './stratified-rows.ts';

/**
 * The data set with only n of its training examples, for quick runs; the other splits stay whole.
 *
 * Every class keeps its share, to within one example, and the examples their order; equal seeds take equal
 * ones. The given set is not changed.
 */
export function take<Set extends ImageDataset>(set: Set, n: number, seed = 0): Set {
  const { labels } = set.train;
  check.integer('take', 'n', n, { min: 1, max: labels.length });
  check.integer('take', 'seed', seed);
  return { ...set, train: pick(set.train, stratifiedRows(labels, n, rng(seed, 'take'))) };
}
