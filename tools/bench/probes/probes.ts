import { callbacks } from './callbacks.ts';
import { endurance } from './endurance.ts';
import { growth } from './growth.ts';
import { inputs } from './inputs.ts';
import { lookahead } from './lookahead.ts';
import type { Cell, ProbeEffort } from './probe.ts';
import type { ProbeName } from './probe-tables.ts';

/** The probes by name: each yields the rows of its table. */
export const probes: Readonly<
  Record<ProbeName, (effort: ProbeEffort) => AsyncIterable<readonly Cell[]>>
> = { callbacks, lookahead, inputs, growth, endurance };
