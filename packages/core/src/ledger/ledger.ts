import { check } from '../check.ts';
import { titleOf, type LedgerRow } from './ledger-row.ts';
import { ledgerTable } from './ledger-table.ts';

/** What a ledger is made of: what is left of it as JSON. */
export interface LedgerRecord {
  /** In the order in which they first came. */
  readonly rows: readonly LedgerRow[];
  /** The most bytes that all tensors of the engine had at once, those that were there before the fit as well. */
  readonly peakBytes: number;
}

/** What each callback did to time, tensors and the device in each event of a fit, and the loop in its own work. */
export interface Ledger extends LedgerRecord {
  /** Tensors and bytes that outlived the fit and that neither the model nor the optimizer has. */
  readonly leaked: { readonly tensors: number; readonly bytes: number };
  /** A table to read, columns aligned, sums below; the last peak is that of all tensors. */
  table(): string;
  /**
   * Throws an Error that names callbacks, events, dtypes and shapes where more tensors leaked than the budget allows:
   * one line is a test of a callback. Throws a RangeError where the budget is no integer >= 0. @default budget 0
   */
  refuseLeaks(budget?: number): void;
}

/** Makes a ledger of its record, such as `JSON.parse` gives back. */
export function makeLedger({ rows, peakBytes }: LedgerRecord): Ledger {
  const sum = (of: (row: LedgerRow) => number): number =>
    rows.reduce((total, row) => total + of(row), 0);
  const leaked = { tensors: sum((row) => row.leaked), bytes: sum((row) => row.leakedBytes) };
  return {
    rows,
    peakBytes,
    leaked,
    table: () => ledgerTable(rows, peakBytes),
    refuseLeaks(budget = 0) {
      check.integer('Ledger.refuseLeaks', 'budget', budget, { min: 0 });
      if (leaked.tensors <= budget) return;
      const leaks = rows.filter((row) => row.leaked > 0).map(describeLeaks);
      throw new Error(
        `Ledger: ${leaked.tensors} tensors (${leaked.bytes} bytes) outlived the fit, the budget is ${budget}: ${leaks.join('; ')}. ` +
          'Dispose of them in a cleanup event, or make them in tf.tidy',
      );
    },
  };
}

function describeLeaks(row: LedgerRow): string {
  const tensors = row.leaks.map(
    ({ count, dtype, shape }) => `${count} × ${dtype} [${shape.join(', ')}]`,
  );
  return `${titleOf(row)}: ${tensors.join(', ')}`;
}
