import { asWandbMedia } from './media/as-media.ts';
import type { WandbMedia } from './media/media.ts';
import { itemTree } from './item-tree.ts';
import { messageOf } from './message-of.ts';
import type { FileRecord, HistoryRecord, Item, LogRecord } from './record.ts';
import { idOf, topOf, type RunBook } from './run-book.ts';
import { isTooLong, LINE_BYTES } from './too-long.ts';
import { numberText } from './value-form.ts';
import { toItems, type Warn } from './values.ts';

/** Milliseconds after which a summary is written with a row, so that a killed process leaves one that is about right. */
const SUMMARY_EVERY = 2000;

/** Names that every row has from the run itself. */
const OWN = new Set(['_step', '_runtime', '_timestamp']);

/** What a run's records are written with. */
export interface RunWriterParts {
  readonly book: RunBook;
  readonly append: (record: LogRecord) => void;
  /** Writes a file at a path relative to the run's folder. */
  readonly write: (path: string, bytes: Uint8Array) => void;
  readonly warn: Warn;
  readonly strict: boolean;
}

/** Writes the records of a run, and keeps its book. */
export interface RunWriter {
  /** Seconds that the run has taken, with those of earlier processes. */
  runtime(): number;
  /** The items of a row, its media written to files. */
  items(row: Readonly<Record<string, unknown>>, step: number): Item[];
  /** Defines the metrics that these are the first values of. */
  define(items: readonly Item[]): void;
  /** The record of a row as of a time in milliseconds. */
  record(step: number, items: readonly Item[], time: number): { readonly history: HistoryRecord };
  /** Writes a row as of a time in milliseconds. */
  row(step: number, items: readonly Item[], time: number): void;
  /** Writes a row of nothing but numbers, such as that of a batch; false, and nothing is done, where it is another one. */
  numbers(row: Readonly<Record<string, unknown>>, step: number, time: number): boolean;
  summary(): void;
  config(items: readonly Item[]): void;
  files(
    files: readonly { readonly path: string; readonly bytes: Uint8Array }[],
    type: FileRecord['type'],
  ): void;
}

export function runWriter({ book, append, write, warn, strict }: RunWriterParts): RunWriter {
  const started = performance.now();
  const [before, startedAt] = [book.runtime, Date.now()];
  let summaryWritten = started;

  const mediaItems = (key: string, media: WandbMedia, step: number): Item[] => {
    try {
      const { files, config = [], row } = media.render(key, step);
      writer.files(files, 'media');
      writer.config(config);
      return toItems(row, warn);
    } catch (error) {
      // The rest of the row is worth as much without it.
      if (strict) throw error;
      warn(key, messageOf(error));
      return [];
    }
  };

  const runtimeAt = (time: number): number => before + (time - startedAt) / 1000;
  const addOwn = (items: Item[], step: number, time: number): void => {
    items.push(
      { key: '_step', valueJson: String(step) },
      { key: '_runtime', valueJson: String(runtimeAt(time)) },
      { key: '_timestamp', valueJson: String(time / 1000) },
    );
  };
  const wrote = (step: number, isUploaded = true): void => {
    book.step = step + 1;
    book.rows++;
    if (isUploaded) book.lines.history++;
    if (performance.now() - summaryWritten > SUMMARY_EVERY) writer.summary();
  };

  const writer: RunWriter = {
    runtime: () => before + (performance.now() - started) / 1000,
    items(row, step) {
      const rest: Record<string, unknown> = {};
      const items: Item[] = [];
      for (const [key, value] of Object.entries(row)) {
        const media = asWandbMedia(value);
        if (media) items.push(...mediaItems(key, media, step));
        else if (!OWN.has(key)) rest[key] = value;
      }
      return [...toItems(rest, warn), ...items];
    },
    define(items) {
      for (const { key } of items) book.definitions.see(topOf(key));
    },
    record(step, given, time) {
      const items = [...given];
      addOwn(items, step, time);
      return { history: { step, items } };
    },
    row(step, items, time) {
      writer.define(items);
      const record = writer.record(step, items, time);
      append(record);
      book.summary.add(record.history.items);
      wrote(step, !isTooLongRow(record.history.items));
    },
    numbers(row, step, time) {
      const keys = Object.keys(row);
      for (const key of keys)
        if (typeof row[key] !== 'number' || key === '' || OWN.has(key)) return false;
      const items: Item[] = [];
      for (const key of keys) {
        book.definitions.see(key);
        items.push({ key, valueJson: numberText(row[key] as number) });
      }
      addOwn(items, step, time);
      append({ history: { step, items } });
      for (const key of keys) book.summary.addNumber(key, row[key] as number);
      book.summary.addNumber('_step', step);
      book.summary.addNumber('_runtime', runtimeAt(time));
      book.summary.addNumber('_timestamp', time / 1000);
      wrote(step);
      return true;
    },
    summary() {
      summaryWritten = performance.now();
      const update = book.summary.changed();
      if (update.length > 0) append({ summary: { update } });
    },
    config(items) {
      const update = items.filter(({ key, valueJson }) => book.config.get(idOf(key)) !== valueJson);
      if (update.length === 0) return;
      for (const { key, valueJson } of update) book.config.set(idOf(key), valueJson);
      append({ config: { update } });
    },
    files(files, type) {
      if (files.length === 0) return;
      for (const { path, bytes } of files) write(`files/${path}`, bytes);
      append({ files: files.map(({ path }) => ({ path, policy: 'now', type })) });
    },
  };
  return writer;
}

/** Whether the service does not take a row. */
function isTooLongRow(items: readonly Item[]): boolean {
  const length = items.reduce((sum, { valueJson }) => sum + valueJson.length, 0);
  // The line of one that is not near the limit needs no making.
  return length * 4 > LINE_BYTES && isTooLong(itemTree(items).json());
}
