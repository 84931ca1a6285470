import { check } from '@tfloop/core';
import type { Bounds } from '@tfloop/core';

/** Parameters that have some hyper-parameters of their own; the others are the optimizer's. */
export type ParameterGroup<H extends string> = {
  /** Which parameters, by name. The first group that matches counts. */
  readonly match: RegExp | ((parameterName: string) => boolean);
} & { readonly [name in H]?: number };

/** The hyper-parameters of all groups; group 0 is the default one. */
export interface ParameterGroups<H extends string> {
  readonly count: number;
  readonly names: readonly string[];
  /** The hyper-parameters that hold for a parameter. */
  of(parameterName: string): Readonly<Record<H | 'lr', number>>;
  get(hyperparameter: string, group?: number): number;
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

  // Kept apart from the rates themselves: a schedule may pass through 0, where there is no ratio.
  const ratios = values.map(() => 1);
  const keepRatios = (): void => {
    if (values[0].lr > 0)
      for (const [group, { lr }] of values.entries()) ratios[group] = lr / values[0].lr;
  };
  keepRatios();

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

  return {
    count: values.length,
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
        if (name === 'lr') keepRatios();
      } else
        for (const [index, hyper] of values.entries())
          hyper[name] = name === 'lr' ? value * (ratios[index] ?? 1) : value;
    },
    state: () =>
      values.map((hyper, group) => ({
        ...hyper,
        ...(group > 0 && { lrRatio: ratios[group] ?? 1 }),
      })),
    load(state) {
      const loads = values.map((own, group) => ({ ...own, ...state[group] }));
      for (const saved of loads)
        for (const name of names) check.number(owner, name, saved[name], bounds[name]);
      for (const [group, saved] of loads.entries()) {
        const own = valuesOf(group);
        for (const name of names) own[name] = saved[name];
        ratios[group] = state[group]?.['lrRatio'] ?? 1;
      }
    },
  };
}

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
