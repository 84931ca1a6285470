import type { Callback } from '../callback.ts';
import { EVENTS } from '../events.ts';
import { brokenAndResumed, unbroken, type ToyOptions } from './break-and-resume.ts';
import { equal } from './equal.ts';

/** Options of {@link resumesExactly}. */
export interface ResumesOptions extends ToyOptions {
  /** Fits to break off. @default 40 */
  readonly breaks?: number;
}

/**
 * Kills or stops fits of the toy problem with callbacks at random moments of the loop, resumes them, and throws where
 * one does not end as the unbroken fit: weights, slots, random streams, history and states of callbacks, bit for bit.
 */
export async function resumesExactly(
  list: () => Callback[],
  { breaks = 40, ...options }: ResumesOptions = {},
): Promise<void> {
  const { default: fc } = await import('fast-check');
  const expected = await unbroken(list, options);
  const cases = fc.record({
    how: fc.constantFrom('killed', 'stopped'),
    event: fc.constantFrom(...EVENTS),
    // The toy problem has six batches to train on and four to validate.
    occurrence: fc.nat({ max: 9 }),
    first: fc.boolean(),
    every: fc.integer({ min: 1, max: 4 }),
  });
  const property = fc.asyncProperty(cases, async (drawn) => {
    const what = `what was ${drawn.how} in ${drawn.event} and resumed, and the unbroken fit,`;
    equal(await brokenAndResumed(list, drawn, options), expected, what);
  });
  await fc.assert(property, { numRuns: breaks });
}
