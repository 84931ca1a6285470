import { check } from '@tfloop/core';
import { checkPosition, type Schedule } from './curve.ts';
import { titled } from './titled.ts';

/** Options of {@link stepDecay}: where, either in epochs or in positions, and by how much. */
export type StepDecayOptions = {
  /** What the value is multiplied by each time, above 0. */
  readonly factor: number;
} & (
  | {
      /** Whole numbers of epochs done, rising: 60 means from the 61st epoch on. */
      readonly epochs: readonly number[];
      readonly positions?: never;
    }
  | {
      /** Shares of the fit, rising, in [0, 1]. */
      readonly positions: readonly number[];
      readonly epochs?: never;
    }
);

/**
 * The value that the fit began with, multiplied by `factor` at each milestone: ÷ 5 after epochs 60, 120 and
 * 160 is `stepDecay({ epochs: [60, 120, 160], factor: 0.2 })`.
 *
 * With `epochs` it is PyTorch's `MultiStepLR`, and needs no known length of the fit.
 */
export function stepDecay({ factor, epochs, positions, ...unknown }: StepDecayOptions): Schedule {
  check.known('stepDecay', unknown, ['factor', 'epochs', 'positions']);
  check.number('stepDecay', 'factor', factor, { above: 0 });
  const given = [epochs, positions].filter((list) => list !== undefined);
  const [milestones = []] = given;
  if (given.length !== 1)
    throw new TypeError('stepDecay: give either epochs or positions, a list of numbers');
  const list = epochs ? 'epochs' : 'positions';
  milestones.forEach((milestone, i) => {
    if (epochs) check.integer('stepDecay', `epochs[${i}]`, milestone, { min: 0 });
    else check.number('stepDecay', `positions[${i}]`, milestone, { min: 0, max: 1 });
    if (i > 0 && milestone <= (milestones[i - 1] ?? 0))
      throw new RangeError(`stepDecay: ${list} must rise, got ${milestones.join(', ')}`);
  });
  const title = `stepDecay(${list} ${milestones.join(', ')}, factor ${factor})`;
  return titled(title, (position, { epoch, initial }) => {
    checkPosition('stepDecay', position);
    const now = epochs ? epoch : position;
    if (Number.isNaN(now)) return NaN;
    return initial * factor ** milestones.filter((milestone) => milestone <= now).length;
  });
}
