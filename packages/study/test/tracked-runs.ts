import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openLog, type LogRecord } from '@tfloop/wandb';

/** A run as its log in a study's folder has it. */
export interface TrackedRun {
  readonly folder: string;
  readonly records: readonly LogRecord[];
  /** Values of every row by key. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly config: Readonly<Record<string, unknown>>;
  readonly summary: Readonly<Record<string, unknown>>;
}

/** The runs in a study's folder, the oldest first; deeper keys are joined by a dot. */
export function trackedRuns(folder: string): TrackedRun[] {
  const runs = join(folder, 'wandb');
  return readdirSync(runs)
    .sort()
    .map((name) => {
      const log = readdirSync(join(runs, name)).find((file) => file.endsWith('.wandb')) ?? '';
      const reader = openLog(join(runs, name, log));
      const records = [...reader];
      reader.close();
      return {
        folder: join(runs, name),
        records,
        rows: records.flatMap((record) =>
          'history' in record ? [valuesOf(record.history.items)] : [],
        ),
        config: valuesOf(records.flatMap((one) => ('config' in one ? one.config.update : []))),
        summary: valuesOf(records.flatMap((one) => ('summary' in one ? one.summary.update : []))),
      };
    });
}

function valuesOf(
  items: readonly { readonly key: string | readonly string[]; readonly valueJson: string }[],
): Record<string, unknown> {
  return Object.fromEntries(
    items.map(({ key, valueJson }) => [
      typeof key === 'string' ? key : key.join('.'),
      JSON.parse(valueJson) as unknown,
    ]),
  );
}
