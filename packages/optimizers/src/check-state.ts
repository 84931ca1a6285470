import type { OptimizerState } from '@tfloop/core';

/** Throws where a state can't be of an optimizer that would itself give `own`, naming what differs. */
export function checkState(state: OptimizerState, own: OwnState): void {
  const owner = own.optimizer;
  const refuse = (difference: string): never => {
    throw new Error(`${owner}: can't load this state: ${difference}`);
  };
  if (state.optimizer !== owner) refuse(`it is of ${state.optimizer}, not of ${owner}`);
  if (state.groups.length !== own.groups.length)
    refuse(
      `it has ${count(state.groups.length, 'parameter group')}, this optimizer ${own.groups.length}`,
    );
  for (const [index, group] of own.groups.entries()) {
    const saved = state.groups[index] ?? {};
    for (const name of Object.keys(group))
      if (typeof saved[name] !== 'number') refuse(`its group ${index} has no ${name}`);
    for (const name of Object.keys(saved))
      if (!Object.hasOwn(group, name))
        refuse(`its group ${index} has ${name}, which ${owner} does not`);
  }
  for (const [name, value] of Object.entries(own.fixed))
    if (state.groups[0]?.[name] !== value)
      refuse(`its ${name} is ${String(state.groups[0]?.[name])}, this optimizer's ${value}`);
  for (const [kind, names, saved] of [
    ['slot', own.slots, state.slots],
    ['counter', own.counters, state.counters],
  ] as const)
    for (const name of Object.keys(saved))
      if (!names.includes(name))
        refuse(`it has the ${kind} ${name}; ${owner} has ${names.join(', ') || 'none'}`);
  for (const [name, counts] of Object.entries(state.counters))
    for (const [parameter, steps] of Object.entries(counts))
      if (!Number.isSafeInteger(steps) || steps < 0)
        refuse(`its counter ${name} of "${parameter}" is ${steps}`);
}

/** What a state has to agree with. */
export interface OwnState {
  readonly optimizer: string;
  /** The numbers that each group has. */
  readonly groups: readonly Readonly<Record<string, number>>[];
  /** Those of them that can't be set: they have to be equal. */
  readonly fixed: Readonly<Record<string, number>>;
  readonly slots: readonly string[];
  readonly counters: readonly string[];
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
