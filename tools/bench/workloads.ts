/** A network and the data that it trains on; the numbers are random, only the shapes matter for the time. */
export interface Workload {
  readonly batchSize: number;
  /** Batches of one round, so that the rounds of all workloads take about as long. */
  readonly batches: number;
  /** Counted rounds, unless the command line says otherwise. */
  readonly rounds: number;
  /** Shape of one example. */
  readonly inputShape: readonly number[];
  readonly classes: number;
  /** Examples are numbers of words, of so many; undefined for normally distributed numbers. */
  readonly vocabulary?: number;
}

const image = { inputShape: [32, 32, 3], classes: 10 };

/** The workloads by name; what their networks are is in networks.ts, and in peers/ for other systems. */
export const WORKLOADS = {
  mlp: { batchSize: 64, batches: 100, rounds: 9, inputShape: [784], classes: 10 },
  norm: { batchSize: 64, batches: 20, rounds: 9, inputShape: [784], classes: 10 },
  cnn: { batchSize: 64, batches: 5, rounds: 9, ...image },
  resnet9: { batchSize: 16, batches: 2, rounds: 3, ...image },
  resnet18: { batchSize: 16, batches: 1, rounds: 3, ...image },
  embedding: {
    batchSize: 64,
    batches: 40,
    rounds: 9,
    inputShape: [32],
    classes: 10,
    vocabulary: 10_000,
  },
} as const satisfies Readonly<Record<string, Workload>>;

/** The name of a workload. */
export type WorkloadName = keyof typeof WORKLOADS;

/** Whether it is one of {@link WORKLOADS}. */
export function isWorkload(name: string): name is WorkloadName {
  return name in WORKLOADS;
}
