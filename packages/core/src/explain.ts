import { aligned } from './aligned.ts';
import { EVENTS, type EventName } from './events.ts';
import { keyOf, titleOf, type LedgerRow, type LoopPart } from './ledger/ledger-row.ts';
import { LEDGER_TITLES, ledgerCells } from './ledger/ledger-table.ts';
import { withEvent, type Plan } from './plan.ts';

/** A line of the drawing: an event, or what the loop itself does. */
type Line = readonly [depth: number, text: string, what?: EventName | LoopPart];

const BEFORE_VALIDATION: readonly Line[] = [
  [0, 'fit', 'loop'],
  [1, 'beforeFit', 'beforeFit'],
  [1, 'for each epoch'],
  [2, 'beforeEpoch', 'beforeEpoch'],
  [2, 'beforeTrain', 'beforeTrain'],
  [2, 'for each training batch', 'data'],
  [3, 'beforeBatch', 'beforeBatch'],
  [3, 'pred = model(x)', 'model'],
  [3, 'afterPred', 'afterPred'],
  [3, 'loss = loss(pred, y)', 'loss'],
  [3, 'afterLoss', 'afterLoss'],
  [3, 'backward', 'backward'],
  [3, 'afterBackward', 'afterBackward'],
  [3, 'beforeStep', 'beforeStep'],
  [3, 'optimizer.step', 'optimizer'],
  [3, 'afterStep', 'afterStep'],
  [3, 'afterBatch', 'afterBatch'],
  [3, 'cleanupBatch', 'cleanupBatch'],
  [3, 'atRest', 'atRest'],
  [2, 'afterTrain', 'afterTrain'],
];

const VALIDATION: readonly Line[] = [
  [2, 'beforeValidate', 'beforeValidate'],
  [2, 'for each validation batch', 'data'],
  [3, 'beforeBatch', 'beforeBatch'],
  [3, 'pred = model(x)', 'model'],
  [3, 'afterPred', 'afterPred'],
  [3, 'loss = loss(pred, y)', 'loss'],
  [3, 'afterLoss', 'afterLoss'],
  [3, 'afterBatch', 'afterBatch'],
  [3, 'cleanupBatch', 'cleanupBatch'],
  [2, 'afterValidate', 'afterValidate'],
];

const AFTER_VALIDATION: readonly Line[] = [
  [2, 'afterEpoch', 'afterEpoch'],
  [2, 'cleanupEpoch', 'cleanupEpoch'],
  [2, 'atRest', 'atRest'],
  [1, 'afterFit', 'afterFit'],
  [1, 'cleanupFit', 'cleanupFit'],
];

/** Rows of a ledger, such as a fit's history has or `JSON.parse` gives back. */
export interface LedgerRows {
  readonly rows: readonly LedgerRow[];
}

/**
 * Draws the loop, one line an event or step, and with each event the callbacks that run there, in order; below it,
 * what they say that they change.
 *
 * With a ledger each callback has a line with what it took there, as has the loop's own work; `atRest` is summed up
 * where it first comes, and what has no place in the drawing follows it.
 */
export function explain(plan: Plan, validates: boolean, ledger?: LedgerRows): string {
  const drawing = ledger ? counted(plan, validates, ledger.rows) : named(plan, validates);
  return [...drawing, ...changes(plan)].join('\n');
}

function named(plan: Plan, validates: boolean): string[] {
  return drawn(validates).map(({ label, what }) => beside(label, runners(plan, what)));
}

function counted(plan: Plan, validates: boolean, rows: readonly LedgerRow[]): string[] {
  const left = new Map(rows.map((row) => [keyOf(row), row]));
  const take = (callback: string | null, what: LedgerRow['event'], phase: Phase): string[] => {
    const place = keyOf({ callback, event: what, phase });
    const row = left.get(place);
    left.delete(place);
    return row ? ledgerCells(row) : [];
  };
  const drawing = drawn(validates).flatMap(({ label, indent, what, phase }) => [
    [label, ...(what ? take(null, what, phase) : [])],
    ...runners(plan, what).map((name) => [
      `${indent}  ${name}`,
      ...(what ? take(name, what, phase) : []),
    ]),
  ]);
  const others = [...left.values()].map((row) => [`  ${titleOf(row)}`, ...ledgerCells(row)]);
  return aligned(
    [['', ...LEDGER_TITLES], ...drawing, ...(others.length > 0 ? [['besides'], ...others] : [])],
    1,
  ).split('\n');
}

type Phase = LedgerRow['phase'];

interface DrawnLine {
  readonly label: string;
  readonly indent: string;
  readonly what: EventName | LoopPart | undefined;
  readonly phase: Phase;
}

function drawn(validates: boolean): DrawnLine[] {
  const inPhase = (lines: readonly Line[], phase: Phase): DrawnLine[] =>
    lines.map(([depth, text, what]) => {
      const indent = '  '.repeat(depth);
      return { label: indent + text, indent, what, phase };
    });
  return [
    ...inPhase(BEFORE_VALIDATION, 'train'),
    ...(validates ? inPhase(VALIDATION, 'valid') : []),
    ...inPhase(AFTER_VALIDATION, 'train'),
  ];
}

/** The names of the callbacks that run at a line, in order. */
function runners(plan: Plan, what: EventName | LoopPart | undefined): string[] {
  const event = EVENTS.find((name) => name === what);
  if (!event) return [];
  const names = withEvent(plan, event).map(({ name }) => name);
  return event.startsWith('cleanup') ? names.reverse() : names;
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
