/** Records of a log that may not survive yet. */
export interface Unkept {
  /** A record was written that ends at an offset. */
  add(end: number, isRow: boolean): void;
  /** How many there are, and how many of them are rows. */
  count(): { readonly records: number; readonly rows: number };
}

/** Follows a log that is kept a while after it was written: `kept` says how many bytes of it are. */
export function unkeptRecords(kept: () => number): Unkept {
  let pending: { readonly end: number; readonly isRow: boolean }[] = [];
  let most = 1024;
  const drop = (): void => {
    const done = kept();
    pending = pending.filter(({ end }) => end > done);
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
      return { records: pending.length, rows: pending.filter(({ isRow }) => isRow).length };
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
