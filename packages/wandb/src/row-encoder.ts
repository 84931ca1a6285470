import type { HistoryRecord } from './record.ts';

/** Writes rows as protobuf messages, the short way. */
export interface RowEncoder {
  /**
   * Puts the record of a row at the end of `target`, byte for byte as `encodeRecord` has it, and returns where it
   * begins; -1 where the row is not of the plain kind, or has no room, and is left to `encodeRecord`.
   */
  encode(row: HistoryRecord, num: number, target: Uint8Array): number;
}

/** Keys that are kept encoded at most: rows mostly have the same few. */
const MOST_KEYS = 10_000;

// Tags: eight times the field's number, plus 2 for what has a length.
const RECORD_NUM = 8;
const RECORD_HISTORY = 18;
const HISTORY_ITEM = 10;
const HISTORY_STEP = 18;
const STEP_NUM = 8;
const ITEM_KEY = 10;
const ITEM_VALUE = [130, 1] as const;

/**
 * An encoder of rows whose keys are not nested and whose values are ASCII: those of every batch.
 *
 * Between two rows a training step sweeps the processor's caches, so what counts is how little is touched: keys are
 * encoded once, and the message is written backwards, where each length is known when it is due.
 */
export function rowEncoder(): RowEncoder {
  const encoder = new TextEncoder();
  const keys = new Map<string, Uint8Array>();

  const encoded = (key: string): Uint8Array => {
    let bytes = keys.get(key);
    if (bytes === undefined) {
      if (keys.size >= MOST_KEYS) keys.clear();
      bytes = encoder.encode(key);
      keys.set(key, bytes);
    }
    return bytes;
  };

  return {
    encode({ step, items }, num, target) {
      if (!Number.isSafeInteger(step) || step < 0 || num < 1) return -1;
      const end = target.length;
      let at = end;
      if (step > 0) {
        at = varintBefore(target, at, step);
        target[--at] = STEP_NUM;
      }
      at = varintBefore(target, at, end - at);
      target[--at] = HISTORY_STEP;
      for (let index = items.length - 1; index >= 0; index--) {
        const item = items[index];
        if (item === undefined || typeof item.key !== 'string') return -1;
        const key = encoded(item.key);
        const { valueJson } = item;
        if (key.length === 0 || valueJson.length === 0) return -1;
        // With tags and lengths, and those of the record.
        if (at < key.length + valueJson.length + 64) return -1;
        const itemEnd = at;
        at -= valueJson.length;
        for (let i = 0; i < valueJson.length; i++) {
          const code = valueJson.charCodeAt(i);
          if (code > 127) return -1;
          target[at + i] = code;
        }
        at = varintBefore(target, at, valueJson.length);
        target[--at] = ITEM_VALUE[1];
        target[--at] = ITEM_VALUE[0];
        at -= key.length;
        for (let i = 0; i < key.length; i++) target[at + i] = key[i] ?? 0;
        at = varintBefore(target, at, key.length);
        target[--at] = ITEM_KEY;
        at = varintBefore(target, at, itemEnd - at);
        target[--at] = HISTORY_ITEM;
      }
      at = varintBefore(target, at, end - at);
      target[--at] = RECORD_HISTORY;
      at = varintBefore(target, at, num);
      target[--at] = RECORD_NUM;
      return at;
    },
  };
}

/** Puts a whole number ≥ 0 before a place, and returns where it begins. */
function varintBefore(target: Uint8Array, end: number, value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  const start = end - size;
  let rest = value;
  for (let at = start; at < end - 1; at++) {
    target[at] = (rest % 128) + 128;
    rest = Math.floor(rest / 128);
  }
  target[end - 1] = rest;
  return start;
}
