import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Callback } from '@tfloop/core';
import { lookahead } from '@tfloop/lookahead';
import { cutmix, mixup } from '@tfloop/mixup';
import { cosine, oneCycle, schedule } from '@tfloop/one-cycle';
import { progress } from '@tfloop/progress';
import { stateReset } from '@tfloop/state-reset';
import { wandbLogger } from '@tfloop/wandb';

/** Every callback that is published, with options under which it acts; `together` are the names of the list. */
export const shipped = {
  lookahead: () => lookahead({ k: 2 }),
  oneCycle: () => oneCycle({ maxLr: 0.05 }),
  'schedule(lr)': () => schedule({ lr: cosine(0.05, 0) }),
  'schedule(weightDecay)': () => schedule({ weightDecay: cosine(0, 0.1) }),
  mixup: () => mixup(),
  cutmix: () => cutmix(),
  stateReset: (together: readonly string[]) =>
    stateReset({ when: together.includes('lookahead') ? 'lookahead-sync' : 'epoch' }),
  wandbLogger: () =>
    wandbLogger({ mode: 'offline', dir: logs(), silent: true, console: false, stats: false }),
  progress: () => progress({ show: 'lines', to: () => undefined }),
} satisfies Record<string, (together: readonly string[]) => Callback>;

let folder: string | undefined;

/** Where runs are logged to while the process lives. */
function logs(): string {
  if (folder !== undefined) return folder;
  const made = mkdtempSync(join(tmpdir(), 'tfloop-logs-'));
  process.on('exit', () => {
    rmSync(made, { recursive: true, force: true });
  });
  return (folder = made);
}

/** The name of one of them. */
export type ShippedName = keyof typeof shipped;

/** All names. */
export const shippedNames = Object.keys(shipped) as ShippedName[];

/** The same, each to be made for itself: what `describeCallback` takes as the others to go with. */
export const others: Readonly<Record<string, () => Callback>> = Object.fromEntries(
  shippedNames
    // The optimizer of that suite has no weight decay.
    .filter((name) => name !== 'schedule(weightDecay)')
    .map((name) => [name, () => shipped[name]([name])]),
);

/** Pairs that do one thing in two ways, and what they would both own. */
export const conflicts: readonly (readonly [ShippedName, ShippedName, slot: string])[] = [
  ['oneCycle', 'schedule(lr)', 'lr'],
  ['mixup', 'cutmix', 'batch'],
];

/** Makes the callbacks of a list. */
export function createShipped(list: readonly ShippedName[]): Callback[] {
  return list.map((name) => shipped[name](list));
}

/** Whether a list holds two that do one thing in two ways. */
export function conflict(list: readonly ShippedName[]): boolean {
  return conflicts.some(([one, other]) => list.includes(one) && list.includes(other));
}
