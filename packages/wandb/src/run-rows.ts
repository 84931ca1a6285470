import type { Item, LogRecord } from './record.ts';
import { idOf, type RunBook } from './run-book.ts';
import type { RunWriter } from './run-writer.ts';
import type { LogOptions } from './wandb-run.ts';

/** Rows of a run, the last of which may be open for more. */
export interface RunRows {
  /** The `_step` of the row that is open, or of the next. */
  readonly step: number;
  /** Writes a row, or keeps it open. */
  log(row: Readonly<Record<string, unknown>>, options?: LogOptions): void;
  /** Writes the row that is open. */
  commit(): void;
  /** The record of the row that is open; undefined where none is. */
  open(): LogRecord | undefined;
}

interface OpenRow {
  readonly step: number;
  readonly items: Map<string, Item>;
  readonly time: number;
}

/** Makes rows of what is logged: those of one step become one. `keep` is given what is open, each time it changes. */
export function runRows(
  writer: RunWriter,
  book: RunBook,
  keep: (record: LogRecord) => void,
  say: (text: string) => void,
): RunRows {
  let open: OpenRow | undefined;

  const rows: RunRows = {
    get step() {
      return open?.step ?? book.step;
    },
    open: () => open && writer.record(open.step, [...open.items.values()], open.time),
    commit() {
      if (!open) return;
      const { step, items, time } = open;
      // With its metrics defined it takes the place of what is at the log's end for it.
      writer.define([...items.values()]);
      open = undefined;
      writer.row(step, [...items.values()], time);
    },
    log(row, options = {}) {
      const { step: asked, commit: isWhole = asked === undefined } = options;
      let step = open?.step ?? book.step;
      if (asked !== undefined && Number.isSafeInteger(asked) && asked > step) {
        rows.commit();
        step = asked;
      } else if (asked !== undefined && asked !== step)
        say('rows of an earlier step than the last one are logged at that one: steps only rise');
      if (isWhole && !open && writer.numbers(row, step, Date.now())) return;
      const items = writer.items(row, step);
      if (isWhole && !open) {
        writer.row(step, items, Date.now());
        return;
      }
      open ??= { step, items: new Map(), time: Date.now() };
      for (const item of items) open.items.set(idOf(item.key), item);
      if (isWhole) {
        rows.commit();
        return;
      }
      // It survives the process as whole rows do.
      const record = rows.open();
      if (record) keep(record);
    },
  };
  return rows;
}
