/** What a probe prints. */
export interface ProbeTable {
  readonly columns: readonly string[];
  /** What is measured and what the columns mean. */
  readonly help: string;
}

/** The probes: measurements of one thing each, on every back end. */
export const PROBES = {
  callbacks: {
    columns: [
      'callbacks',
      'µs/step',
      'from',
      'to',
      '− by hand',
      'from',
      'to',
      'µs a callback',
      'from',
      'to',
    ],
    help: `Steps of one dense layer 4 → 2 with so many callbacks that have five hooks each and do nothing. From and
to are the quartiles over the rounds; where they have 0 between them, nothing can be told from noise.`,
  },
  lookahead: {
    columns: [
      'network',
      'parameters',
      'µs/sync',
      'µs/copy',
      'sync ÷ copy',
      'µs/step',
      '% of step',
      'from',
      'to',
    ],
    help: `The CNN, and one dense layer with batch 1 that grows; k = 5. A copy reads and writes every weight
once, as weight + 0 does; µs/step is what Lookahead adds on average, timed around its hook, as a step
varies by more; % of step is how much longer that makes it, with the quartiles.`,
  },
  inputs: {
    columns: ['network', 'what', 'µs/step', '% of step'],
    help: `The whole step, what mixup adds to it, and batches of 64 out of tensors and of typed arrays,
without training.`,
  },
  growth: {
    columns: ['grows', 'to', 'ms/step', '× before', '× work'],
    help: `Two dense layers of 128 units on 128 inputs, batch 64, but for what grows. Where "× before" is
below "× work", the time grows more slowly than what there is to compute.`,
  },
  endurance: {
    columns: ['steps', 'tensors', 'heap MiB', 'resident MiB'],
    help: `One fit of 20,000 steps of Adam with lookahead, oneCycle and mixup; the heap after a garbage
collection.`,
  },
} as const satisfies Readonly<Record<string, ProbeTable>>;

/** The name of a probe. */
export type ProbeName = keyof typeof PROBES;

/** Whether it is one of {@link PROBES}. */
export function isProbe(name: string): name is ProbeName {
  return name in PROBES;
}
