import { BASE, PEERS, STOCK } from './contenders.ts';
import type { Lane, Measured } from './lane.ts';
import { best, ratioOf } from './ratio-of.ts';
import { quantile } from './statistics.ts';
import { table } from './table.ts';

/** What every lane of a workload and optimizer is divided by, by the column's name. */
const DIVISORS: Readonly<Record<string, Partial<Lane>>> = {
  stock: STOCK,
  ...Object.fromEntries(PEERS.map((contender) => [contender, { contender }])),
};

/** The lanes' figures: a line for each lane, the lanes that take turns together. */
export function laneTable(results: readonly Measured[]): string {
  const divisors = Object.entries(DIVISORS).filter(([, given]) => best(results, given));
  const header = [
    'workload',
    'optimizer',
    'back end',
    'threads',
    'contender',
    'ms/step',
    'quartiles',
    'CPU',
    `÷ ${BASE}`,
    ...divisors.map(([name]) => `÷ ${name}`),
    'MiB',
  ];
  const rows = results.map((lane) => {
    const { workload, optimizer, backend, threads, contender, error, msPerStep } = lane;
    const place = [workload, optimizer, backend, String(threads), contender];
    if (error !== undefined) return [...place, `fails: ${error.slice(0, 80)}`];
    const base = best(results, { workload, optimizer, backend, threads, contender: BASE });
    const ms = [0.5, 0.25, 0.75].map((q) => quantile(msPerStep, q).toPrecision(3)) as [
      string,
      string,
      string,
    ];
    return [
      ...place,
      ms[0],
      `${ms[1]}–${ms[2]}`,
      quantile(lane.cpuPerStep, 0.5).toPrecision(3),
      ratioCell(lane, base),
      ...divisors.map(([, given]) =>
        ratioCell(lane, best(results, { workload, optimizer, ...given })),
      ),
      String(lane.peakMiB),
    ];
  });
  return table([header, ...rows]);
}

function ratioCell(lane: Measured, other: Measured | undefined): string {
  if (other === undefined) return '';
  if (other === lane) return '1';
  const { median, low, high } = ratioOf(lane, other);
  return `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}
