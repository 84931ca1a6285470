import {
  BASE,
  isPeer,
  isStock,
  PEERS,
  type ContenderName,
  type OptimizerName,
} from './contenders.ts';
import type { Lane } from './lane.ts';
import type { WorkloadName } from './workloads.ts';

/** What of the lanes is asked for. */
export interface Selection {
  readonly optimizers: readonly OptimizerName[];
  readonly backends: readonly ('native' | 'wasm')[];
  readonly contenders: readonly ContenderName[];
  readonly nativeThreads: readonly number[];
  readonly wasmThreads: readonly number[];
}

/** Lookahead's k: in a round of fewer steps it never looks ahead. */
const LOOKAHEAD_STEPS = 5;

/**
 * The lanes of a workload whose rounds have so many batches, in a group for each optimizer: only those of a group take
 * turns.
 */
export function lanesOf(workload: WorkloadName, batches: number, selection: Selection): Lane[][] {
  const contenders = selection.contenders.filter(
    (contender) => contender !== 'tfloop + lookahead' || batches >= LOOKAHEAD_STEPS,
  );
  return selection.optimizers.map((optimizer) =>
    contenders.flatMap((contender) =>
      placesOf(contender, selection).map((place) => ({ workload, optimizer, contender, ...place })),
    ),
  );
}

/**
 * Contenders whose best number of threads counts in a target; the others run on the most of native and the fewest of WASM,
 * which are their defaults.
 */
const COUNTED: readonly ContenderName[] = [
  'tfloop',
  BASE,
  'model.fit',
  'stock tfjs by hand',
  ...PEERS,
];

function placesOf(
  contender: ContenderName,
  { backends, nativeThreads, wasmThreads }: Selection,
): Pick<Lane, 'backend' | 'threads'>[] {
  const counts = COUNTED.includes(contender);
  const native = counts ? nativeThreads : [Math.max(...nativeThreads)];
  if (isPeer(contender)) {
    const peer = contender === 'jax-js' ? [1] : native;
    return peer.map((threads) => ({ backend: 'peer', threads }));
  }
  return backends.flatMap((backend) => {
    // Stock WASM has one in Node.
    const inWasm = isStock(contender) ? [1] : counts ? wasmThreads : [Math.min(...wasmThreads)];
    return (backend === 'native' ? native : inWasm).map((threads) => ({ backend, threads }));
  });
}
