/** A value for each position in [0, 1]; NaN for NaN unless it is constant. */
export type Curve = (position: number) => number;

/**
 * A hyper-parameter's value for a step. Every {@link Curve} is one.
 *
 * `position` is the share of the fit that is done, in [0, 1), or NaN where the length of the fit is unknown.
 */
export type Schedule = (position: number, moment: Moment) => number;

/** What a schedule may look at besides its position. */
export interface Moment {
  /** Optimizer steps done in this fit. */
  readonly step: number;
  /** The running epoch, from 0. */
  readonly epoch: number;
  /** The hyper-parameter's value when the fit began. */
  readonly initial: number;
}

/** Throws where a position is outside of [0, 1]; lets NaN pass, which then shows in the value. */
export function checkPosition(owner: string, position: number): void {
  if (position < 0 || position > 1)
    throw new RangeError(`${owner}: position must be a number >= 0 and <= 1, got ${position}`);
}
