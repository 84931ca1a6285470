import type { EventName } from './events.ts';
import { withEvent, type Plan } from './plan.ts';

type Line = readonly [depth: number, text: string, event?: EventName];

const BEFORE_VALIDATION: readonly Line[] = [
  [0, 'fit'],
  [1, 'beforeFit', 'beforeFit'],
  [1, 'for each epoch'],
  [2, 'beforeEpoch', 'beforeEpoch'],
  [2, 'beforeTrain', 'beforeTrain'],
  [2, 'for each training batch'],
  [3, 'beforeBatch', 'beforeBatch'],
  [3, 'pred = model(x)'],
  [3, 'afterPred', 'afterPred'],
  [3, 'loss = loss(pred, y)'],
  [3, 'afterLoss', 'afterLoss'],
  [3, 'backward'],
  [3, 'afterBackward', 'afterBackward'],
  [3, 'beforeStep', 'beforeStep'],
  [3, 'optimizer.step'],
  [3, 'afterStep', 'afterStep'],
  [3, 'afterBatch', 'afterBatch'],
  [3, 'cleanupBatch', 'cleanupBatch'],
  [2, 'afterTrain', 'afterTrain'],
];

const VALIDATION: readonly Line[] = [
  [2, 'beforeValidate', 'beforeValidate'],
  [2, 'for each validation batch'],
  [3, 'beforeBatch', 'beforeBatch'],
  [3, 'pred = model(x)'],
  [3, 'afterPred', 'afterPred'],
  [3, 'loss = loss(pred, y)'],
  [3, 'afterLoss', 'afterLoss'],
  [3, 'afterBatch', 'afterBatch'],
  [3, 'cleanupBatch', 'cleanupBatch'],
  [2, 'afterValidate', 'afterValidate'],
];

const AFTER_VALIDATION: readonly Line[] = [
  [2, 'afterEpoch', 'afterEpoch'],
  [2, 'cleanupEpoch', 'cleanupEpoch'],
  [1, 'afterFit', 'afterFit'],
  [1, 'cleanupFit', 'cleanupFit'],
];

/**
 * Draws the loop, one line an event or step, and beside each event the callbacks that run there, in order; below
 * it, what they say that they change.
 */
export function explain(plan: Plan, validates: boolean): string {
  const lines = [...BEFORE_VALIDATION, ...(validates ? VALIDATION : []), ...AFTER_VALIDATION];
  const drawing = lines.map(([depth, text, event]) => {
    const names = event ? withEvent(plan, event).map(({ name }) => name) : [];
    if (event?.startsWith('cleanup')) names.reverse();
    const label = '  '.repeat(depth) + text;
    return beside(label, names);
  });
  return [...drawing, ...changes(plan)].join('\n');
}

function changes(plan: Plan): string[] {
  const writers = new Map<string, string[]>();
  for (const { name, writes = [], owns = [] } of plan)
    for (const slot of new Set([...writes, ...owns])) {
      const writer = owns.includes(slot) ? `${name} (owner)` : name;
      writers.set(slot, [...(writers.get(slot) ?? []), writer]);
    }
  const lines = [...writers].map(([slot, names]) => beside(`  ${slot}`, names));
  return lines.length > 0 ? ['changed by callbacks', ...lines] : [];
}

function beside(label: string, names: readonly string[]): string {
  return names.length > 0 ? `${label.padEnd(32)}${names.join(', ')}` : label;
}
