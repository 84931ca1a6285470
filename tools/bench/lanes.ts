import { isPeer, isStock, type ContenderName, type OptimizerName } from './contenders.ts';
import type { Lane } from './lane.ts';
import type { WorkloadName } from './workloads.ts';

/** What of the lanes is asked for. */
export interface Selection {
  readonly optimizers: readonly OptimizerName[];
  readonly backends: readonly ('native' | 'wasm')[];
  readonly contenders: readonly ContenderName[];
  readonly nativeThreads: number;
  readonly wasmThreads: readonly number[];
}

/** The lanes of a workload, in a group for each optimizer: only those of a group take turns. */
export function lanesOf(workload: WorkloadName, selection: Selection): Lane[][] {
  return selection.optimizers.map((optimizer) =>
    selection.contenders.flatMap((contender) =>
      placesOf(contender, selection).map((place) => ({ workload, optimizer, contender, ...place })),
    ),
  );
}

/** Peers have threads as native has, and stock WASM has one in Node. */
function placesOf(
  contender: ContenderName,
  { backends, nativeThreads, wasmThreads }: Selection,
): Pick<Lane, 'backend' | 'threads'>[] {
  if (isPeer(contender)) return [{ backend: 'peer', threads: nativeThreads }];
  return backends.flatMap((backend) => {
    const inWasm = isStock(contender) ? [1] : wasmThreads;
    const threads = backend === 'native' ? [nativeThreads] : inWasm;
    return threads.map((count) => ({ backend, threads: count }));
  });
}
