import { growth, type LoggingMeasured } from './logging.ts';
import { quantile } from './statistics.ts';
import { table } from './table.ts';

/** What the logger costs, a line for each back end. */
export function loggingTable(results: readonly LoggingMeasured[]): string {
  const header = [
    'logging',
    'µs/batch',
    'quartiles',
    'mean',
    'bare write',
    'rows',
    'peak MiB',
    'growth MiB',
    'of the heap',
  ];
  const lines = results.map((result) => {
    const { backend, rounds, error } = result;
    if (error !== undefined) return [backend, `fails: ${error.slice(0, 60)}`];
    const quantileOf = (key: 'median' | 'mean' | 'bareWrite', q: number) =>
      quantile(
        rounds.map((round) => round[key]),
        q,
      ).toFixed(1);
    const { heap, peak } = growth(result);
    return [
      backend,
      quantileOf('median', 0.5),
      `${quantileOf('median', 0.25)}–${quantileOf('median', 0.75)}`,
      quantileOf('mean', 0.5),
      quantileOf('bareWrite', 0.5),
      String(rounds.at(-1)?.rows),
      mebibytes(rounds.at(-1)?.peak ?? NaN),
      mebibytes(peak),
      mebibytes(heap),
    ];
  });
  return table([header, ...lines]);
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
