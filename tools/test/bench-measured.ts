import type { Lane, Measured } from '../bench/lane.ts';

/** A lane of tfloop. */
export const tfloop: Lane = {
  workload: 'mlp',
  optimizer: 'sgd',
  backend: 'native',
  threads: 2,
  contender: 'tfloop',
};

/** The same but for what is given, with the milliseconds of its rounds. */
export function measured(lane: Partial<Lane>, ...msPerStep: number[]): Measured {
  return {
    ...tfloop,
    ...lane,
    system: 'test',
    msPerStep,
    cpuPerStep: msPerStep,
    peakMiB: 1,
    error: undefined,
  };
}
