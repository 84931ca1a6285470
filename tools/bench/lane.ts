import type { ContenderName, OptimizerName } from './contenders.ts';
import type { Workload, WorkloadName } from './workloads.ts';

/** One way to train one network with one optimizer, in a process of its own. */
export interface Lane {
  readonly workload: WorkloadName;
  readonly optimizer: OptimizerName;
  /** `peer` for contenders that bring their own. */
  readonly backend: 'native' | 'wasm' | 'peer';
  readonly threads: number;
  readonly contender: ContenderName;
}

/** What a lane's process gets as its argument, in JSON. */
export interface LaneOrder {
  readonly lane: Lane;
  readonly workload: Workload;
}

/** What a lane's process says before its first round. */
export interface Ready {
  /** What computes, with its version. */
  readonly system: string;
  /** Trainable numbers: the lanes of one workload have to have equally many. */
  readonly parameters: number;
}

/** What a lane's process says after a round. */
export interface Round {
  readonly msPerStep: number;
  /** Milliseconds a step of all its threads together, without the time that others had the cores. */
  readonly cpuPerStep: number;
  /** Highest resident memory so far, in bytes. */
  readonly peak: number;
}

/** A lane's figures: milliseconds a step for each round, peak memory, or why it can't run. */
export interface Measured extends Lane {
  readonly system: string;
  readonly msPerStep: readonly number[];
  readonly cpuPerStep: readonly number[];
  readonly peakMiB: number;
  readonly error: string | undefined;
}

/** A lane that can't run here, and why. */
export interface LeftOut extends Lane {
  readonly reason: string;
}

/** A lane in words. */
export function nameOf({ workload, optimizer, backend, threads, contender }: Lane): string {
  const place =
    backend === 'peer' ? '' : ` on ${backend}, ${threads} thread${threads > 1 ? 's' : ''}`;
  return `${workload} ${optimizer}: ${contender}${place}`;
}
