import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openLog } from '@tfloop/wandb';

/** The rows of a run's Weights & Biases log, in order, without what tells the time. */
export function loggedRows(folder: string): string[] {
  const file = readdirSync(folder).find((name) => name.endsWith('.wandb'));
  if (file === undefined) throw new Error(`there is no log in ${folder}`);
  const rows: string[] = [];
  for (const record of openLog(join(folder, file)))
    if ('history' in record)
      rows.push(
        record.history.items
          .filter(({ key }) => !/^_(runtime|timestamp)$|seconds$/.test(String(key)))
          .map(({ key, valueJson }) => `${String(key)}: ${valueJson}`)
          .join(', '),
      );
  return rows;
}

/** Whether a run's log tells that it ended well, and nobody has it any more. */
export function isEnded(folder: string): boolean {
  const names = readdirSync(folder);
  const file = names.find((name) => name.endsWith('.wandb'));
  if (file === undefined || names.some((name) => name.endsWith('.lock'))) return false;
  const last = [...openLog(join(folder, file))].at(-1);
  return last !== undefined && 'exit' in last && last.exit.exitCode === 0;
}

/** How many rows of two lists are not each other's. */
export function differingRows(expected: readonly string[], rows: readonly string[]): number {
  const length = Math.max(expected.length, rows.length);
  return Array.from({ length }, (_, i) => expected[i] !== rows[i]).filter(Boolean).length;
}
