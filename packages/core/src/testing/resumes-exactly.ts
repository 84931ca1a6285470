import type { Callback } from '../callback.ts';
import { EVENTS, type EventName } from '../events.ts';
import { brokenAndResumed, unbroken, type ToyOptions } from './break-and-resume.ts';
import { equal } from './equal.ts';

/** Options of {@link resumesExactly}. */
export interface ResumesOptions extends ToyOptions {
  /** Fits to break off at each event that comes in the fit. @default 2 */
  readonly breaks?: number;
  /** Events to break off at. @default all */
  readonly events?: readonly EventName[];
}

/**
 * Kills or stops fits of the toy problem with callbacks at random occurrences of every event of the loop, resumes them,
 * and throws where one does not end as the unbroken fit: weights, slots, random streams, history and states of
 * callbacks, bit for bit.
 */
export async function resumesExactly(
  list: () => Callback[],
  { breaks = 2, events = EVENTS, ...options }: ResumesOptions = {},
): Promise<void> {
  const { default: fc } = await import('fast-check');
  const { state: expected, occurrences } = await unbroken(list, options);
  for (const event of events) {
    const count = occurrences.get(event) ?? 0;
    if (count === 0) continue;
    const cases = fc.record({
      how: fc.constantFrom('killed', 'stopped'),
      event: fc.constant(event),
      occurrence: fc.nat({ max: count - 1 }),
      first: fc.boolean(),
      every: fc.integer({ min: 1, max: 4 }),
    });
    const property = fc.asyncProperty(cases, async (drawn) => {
      const what = `what was ${drawn.how} in ${event} and resumed, and the unbroken fit,`;
      equal(await brokenAndResumed(list, drawn, options), expected, what);
    });
    await fc.assert(property, { numRuns: breaks });
  }
}
