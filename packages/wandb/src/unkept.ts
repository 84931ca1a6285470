import type { Kept } from './log-storage.ts';

/** Records of a log that may not survive yet. */
export interface Unkept {
  /** A record was written that ends at an offset. */
  add(end: number, isRow: boolean): void;
  /** How many there are, and how many of them are rows. */
  count(): { readonly records: number; readonly rows: number };
}

/** Follows a log that is kept a while after it was written: `kept` says how much of it is. */
export function unkeptRecords(kept: () => Kept | undefined): Unkept {
  let pending: { readonly end: number; readonly isRow: boolean }[] = [];
  let most = 1024;
  const lost = counted();
  const drop = (): void => {
    const { bytes = 0, isAll = false } = kept() ?? {};
    pending = pending.filter(({ end }) => end > bytes);
    if (!isAll) return;
    for (const { end, isRow } of pending) lost.add(end, isRow);
    pending = [];
  };
  return {
    add(end, isRow) {
      pending.push({ end, isRow });
      if (pending.length < most) return;
      drop();
      most = Math.max(1024, 2 * pending.length);
    },
    count() {
      drop();
      const { records, rows } = lost.count();
      return {
        records: records + pending.length,
        rows: rows + pending.filter(({ isRow }) => isRow).length,
      };
    },
  };
}

/** Counts the records of a log that is never kept. */
export function counted(): Unkept {
  let [records, rows] = [0, 0];
  return {
    add(_end, isRow) {
      records++;
      rows += Number(isRow);
    },
    count: () => ({ records, rows }),
  };
}
