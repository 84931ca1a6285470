import type { FitLoop } from '@tfloop/core';

/** Optimizer steps of this fit: those asked for, or one for each training batch; NaN where nobody knows. */
export function fitLength(totalSteps: number | undefined, loop: FitLoop): number {
  return totalSteps ?? loop.totalBatches ?? NaN;
}

/** Throws where a fit has more steps than its schedule. */
export function checkStep(step: number, totalSteps: number): void {
  if (step >= totalSteps)
    throw new RangeError(
      `this is step ${step + 1} of a schedule of ${totalSteps} steps; pass the number of all steps as totalSteps`,
    );
}
