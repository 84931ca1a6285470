import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseExtended } from '../src/extended-json.ts';
import { itemTree } from '../src/item-tree.ts';
import { logReader } from '../src/log-reader.ts';
import { logFiles } from '../src/platform/log-file.ts';
import type { Item, LogRecord } from '../src/record.ts';

/** The records of the only log in a run's folder. */
export function recordsOf(folder: string | undefined): LogRecord[] {
  const name = readdirSync(folder ?? '').find((file) => file.endsWith('.wandb')) ?? '';
  const source = logFiles.read(join(folder ?? '', name));
  try {
    return [...logReader(source)];
  } finally {
    source.close();
  }
}

/** The rows of a run's log. */
export function rowsOf(folder: string | undefined): Record<string, unknown>[] {
  return recordsOf(folder).flatMap((record) =>
    'history' in record ? [valuesOf(record.history.items)] : [],
  );
}

/** What the records of a kind come to. */
export function totalOf(folder: string | undefined, kind: 'config' | 'summary') {
  const items = recordsOf(folder).flatMap((record) => {
    const found = (record as Partial<Record<typeof kind, { readonly update: readonly Item[] }>>)[
      kind
    ];
    return found?.update ?? [];
  });
  return valuesOf(items);
}

function valuesOf(items: readonly Item[]): Record<string, unknown> {
  return parseExtended(itemTree(items).json()) as Record<string, unknown>;
}
