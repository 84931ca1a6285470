import type { ProbeName } from './probe-tables.ts';

/** A cell of a probe's table. */
export type Cell = string | number;

/** How long a probe may take. */
export interface ProbeEffort {
  readonly rounds: number;
  readonly quick: boolean;
}

/** What a probe's process gets as its argument, in JSON. */
export interface ProbeOrder {
  readonly probe: ProbeName;
  readonly backend: 'native' | 'wasm';
  readonly threads: number;
  readonly effort: ProbeEffort;
}

/** A line of a probe's process: its rows, and that they are all. */
export type ProbeAnswer = { readonly row: readonly Cell[] } | { readonly done: true };

/** What was measured. */
export interface ProbeMeasured extends Omit<ProbeOrder, 'effort'> {
  readonly rows: readonly (readonly Cell[])[];
  readonly error: string | undefined;
}
