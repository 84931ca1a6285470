import { check } from '@tfloop/core';
import type { Bounds } from '@tfloop/core';

/** Parameters that have some hyper-parameters of their own; the others are the optimizer's. */
export type ParameterGroup<H extends string> = {
  /** Which parameters, by name. The first group that matches counts. */
  readonly match: RegExp | ((parameterName: string) => boolean);
} & { readonly [name in H]?: number };

/** The hyper-parameters of all groups; group 0 is the default one. */
export interface ParameterGroups<H extends string> {
  readonly names: readonly string[];
  /** The hyper-parameters that hold for a parameter. */
  of(parameterName: string): Readonly<Record<H | 'lr', number>>;
  get(hyperparameter: string, group?: number): number;
  /** Sets one group's value, or all: then `lr` and `weightDecay` keep their ratios to group 0, and 0 stays 0. */
  set(hyperparameter: string, value: number, group?: number): void;
  /** Plain numbers by group. */
  state(): Record<string, number>[];
  /** Takes back what `state` gave. */
  load(state: readonly Readonly<Record<string, number>>[]): void;
}

/** Checks and keeps the hyper-parameters of an optimizer and of its parameter groups. */
export function parameterGroups<H extends string>(
  owner: string,
  bounds: Readonly<Record<H | 'lr', Bounds>>,
  defaults: Readonly<Record<H | 'lr', number>>,
  groups: readonly ParameterGroup<H>[],
): ParameterGroups<H> {
  const names = Object.keys(bounds) as (H | 'lr')[];
  for (const name of names) check.number(owner, name, defaults[name], bounds[name]);
  const values: [Hyper<H>, ...Hyper<H>[]] = [{ ...defaults }];
  const matches: ((parameterName: string) => boolean)[] = [];
  for (const [index, { match, ...own }] of groups.entries()) {
    check.known(owner, own, names);
    matches.push(matcher(owner, index, match));
    const group = { ...defaults, ...own };
    for (const name of names)
      check.number(owner, `groups[${index}].${name}`, group[name], bounds[name]);
    values.push(group);
  }

  // Kept apart from the values themselves: a schedule may pass through 0, where there is no ratio.
  const ratios = new Map(
    names.filter((name) => scaled.has(name)).map((name) => [name, values.map(() => 1)]),
  );
  /** After a group got a value of its own. */
  const keepRatios = (name: H | 'lr', group: number): void => {
    const ratio = ratios.get(name);
    if (!ratio) return;
    if (values[0][name] > 0)
      for (const [index, hyper] of values.entries()) ratio[index] = hyper[name] / values[0][name];
    else if (group > 0) ratio[group] = valuesOf(group)[name] === 0 ? 0 : ratio[group] || 1;
  };

  const groupOf = new Map<string, Hyper<H>>();
  const known = (name: string): name is H | 'lr' => Object.hasOwn(bounds, name);
  const nameOf = (name: string): H | 'lr' => {
    if (known(name)) return name;
    throw new RangeError(
      `${owner}: there is no hyper-parameter "${name}"; there are ${names.join(', ')}`,
    );
  };
  const valuesOf = (group: number): Hyper<H> => {
    const found = values[group];
    if (found) return found;
    throw new RangeError(
      `${owner}: group must be an integer >= 0 and < ${values.length}, got ${group}`,
    );
  };
  const ratiosOf = (group: number): Record<string, number> =>
    Object.fromEntries([...ratios].map(([name, ratio]) => [`${name}Ratio`, ratio[group] ?? 1]));
  for (const [index, own] of groups.entries())
    for (const name of names) if (Object.hasOwn(own, name)) keepRatios(name, index + 1);

  return {
    names,
    of(parameterName) {
      let found = groupOf.get(parameterName);
      if (!found) {
        found = valuesOf(matches.findIndex((match) => match(parameterName)) + 1);
        groupOf.set(parameterName, found);
      }
      return found;
    },
    get: (hyperparameter, group = 0) => valuesOf(group)[nameOf(hyperparameter)],
    set(hyperparameter, value, group) {
      const name = nameOf(hyperparameter);
      check.number(owner, name, value, bounds[name]);
      if (group !== undefined) {
        valuesOf(group)[name] = value;
        keepRatios(name, group);
      } else
        for (const [index, hyper] of values.entries())
          hyper[name] = value * (ratios.get(name)?.[index] ?? 1);
    },
    state: () => values.map((hyper, group) => ({ ...hyper, ...(group > 0 && ratiosOf(group)) })),
    load(state) {
      const loads = values.map((own, group) => ({ ...own, ...state[group] }));
      for (const saved of loads)
        for (const name of names) check.number(owner, name, saved[name], bounds[name]);
      for (const [group, saved] of loads.entries()) {
        const own = valuesOf(group);
        for (const name of names) own[name] = saved[name];
        for (const [name, ratio] of ratios) ratio[group] = state[group]?.[`${name}Ratio`] ?? 1;
      }
    },
  };
}

/** What all groups change together, each by its own factor. */
const scaled: ReadonlySet<string> = new Set(['lr', 'weightDecay']);

type Hyper<H extends string> = Record<H | 'lr', number>;

function matcher(
  owner: string,
  index: number,
  match: ParameterGroup<'lr'>['match'],
): (name: string) => boolean {
  // Not `test`, which remembers its place in a global expression.
  if (match instanceof RegExp) return (name) => name.search(match) >= 0;
  if (typeof match === 'function') return match;
  throw new TypeError(
    `${owner}: groups[${index}].match must be a regular expression or a function, got ${String(match)}`,
  );
}
