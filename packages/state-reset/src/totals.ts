import type { CallbackState, ResetReport } from '@tfloop/core';

/** What the resets of a fit add up to. */
export interface StateResetTotals extends ResetReport {
  /** Resets done. */
  readonly resets: number;
}

/** Before the first reset. */
export const noResets: StateResetTotals = { resets: 0, elements: 0, slots: {} };

/** The totals with one more reset. */
export function addReset(totals: StateResetTotals, report: ResetReport): StateResetTotals {
  const slots = { ...totals.slots };
  for (const [name, elements] of Object.entries(report.slots))
    slots[name] = (slots[name] ?? 0) + elements;
  return { resets: totals.resets + 1, elements: totals.elements + report.elements, slots };
}

/** The totals of a checkpoint. Throws where it does not hold totals. */
export function loadTotals(owner: string, state: CallbackState): StateResetTotals {
  const { resets, elements, slots } = (state ?? {}) as Partial<Record<string, CallbackState>>;
  const bySlot: unknown[] = typeof slots === 'object' && slots ? Object.values(slots) : [NaN];
  if (![resets, elements, ...bySlot].every(isCount))
    throw new Error(`${owner}: can't load this state: it does not hold the counts of resets`);
  return state as unknown as StateResetTotals;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
