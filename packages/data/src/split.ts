import { check, rng } from '@tfloop/core';
import type { Examples, ImageDataset } from './image-dataset.ts';
import { pick } from './pick.ts';
import { stratifiedRows } from './stratified-rows.ts';

/** Options of {@link split}. */
export interface SplitOptions {
  /** Share of the training examples to hold out, in (0, 1). @default 0.1 */
  readonly fraction?: number;
  /** Which examples: equal seeds hold out equal ones. @default 0 */
  readonly seed?: number;
}

/**
 * Holds examples out of the training split as `valid`, so that choices need not look at the test split.
 *
 * Every class gives the same share, to within one example; both parts keep the order of the whole. Throws
 * where the set has a `valid` already or a part would be empty. The given set is not changed.
 */
export function split<Set extends ImageDataset>(
  set: Set,
  options: SplitOptions = {},
): Set & { readonly valid: Examples } {
  const { fraction = 0.1, seed = 0 } = options;
  check.known('split', options, ['fraction', 'seed']);
  check.number('split', 'fraction', fraction, { above: 0, below: 1 });
  check.integer('split', 'seed', seed);
  if (set.valid) throw new Error(`split: ${set.name} has a validation split already`);
  const { labels } = set.train;
  const count = Math.round(labels.length * fraction);
  if (count === 0 || count === labels.length)
    throw new RangeError(
      `split: fraction ${fraction} of ${labels.length} examples leaves one part empty`,
    );
  const held = stratifiedRows(labels, count, rng(seed, 'split'));
  const isHeld = new Uint8Array(labels.length);
  held.forEach((row) => (isHeld[row] = 1));
  const kept = Int32Array.from(labels.keys()).filter((row) => isHeld[row] === 0);
  return { ...set, train: pick(set.train, kept), valid: pick(set.train, held) };
}
