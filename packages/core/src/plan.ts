import type { Callback } from './callback.ts';
import { EVENTS, type EventName } from './events.ts';

/** The callbacks of a fit in the order in which they run. */
export type Plan = readonly Callback[];

/**
 * Orders callbacks: by `before` and `after`, else by `order`, else by name, so that the order of the list
 * does not matter.
 *
 * Throws where two have one name or own one slot, where a requirement is missing, and on a cycle.
 */
export function plan(callbacks: readonly Callback[]): Plan {
  refuseSharedNames(callbacks);
  refuseUnknownEvents(callbacks);
  refuseUnmetRequirements(callbacks);
  refuseSharedSlots(callbacks);
  return topological(callbacks);
}

/** The callbacks that have a method for an event. */
export function withEvent(plan: Plan, event: EventName): Callback[] {
  return plan.filter((callback) => typeof callback[event] === 'function');
}

function refuseSharedNames(callbacks: readonly Callback[]): void {
  const names = new Set<string>();
  for (const { name } of callbacks) {
    if (typeof name !== 'string' || name === '')
      throw new TypeError('plan: every callback needs a name; is one of the list not a callback?');
    if (names.has(name))
      throw new Error(
        `plan: two callbacks are named "${name}"; pass it once, or name one of them differently`,
      );
    names.add(name);
  }
}

/** The types refuse them, but plain JavaScript would wait for them for ever. */
function refuseUnknownEvents(callbacks: readonly Callback[]): void {
  const events: readonly string[] = EVENTS;
  for (const callback of callbacks)
    for (const key of Object.keys(callback))
      if (/^(before|after|cleanup)./i.test(key) && !events.includes(key))
        throw new TypeError(
          `plan: ${callback.name} has "${key}", which is no event; the events are ${events.join(', ')}`,
        );
}

function refuseUnmetRequirements(callbacks: readonly Callback[]): void {
  const present = new Set(callbacks.flatMap(({ name, provides = [] }) => [name, ...provides]));
  for (const { name, requires = [] } of callbacks)
    for (const requirement of requires)
      if (!present.has(requirement))
        throw new Error(
          `plan: ${name} requires "${requirement}", which no callback of the list is or provides; there are ${[...present].join(', ')}`,
        );
}

function refuseSharedSlots(callbacks: readonly Callback[]): void {
  const owners = new Map<string, string>();
  for (const { name, owns = [] } of callbacks)
    for (const slot of owns) {
      const other = owners.get(slot);
      if (other !== undefined)
        throw new Error(
          `plan: ${other} and ${name} both own "${slot}"; use one of them, or one that does both`,
        );
      owners.set(slot, name);
    }
}

/** Kahn's algorithm, always taking the free callback with the lowest order and name. */
function topological(callbacks: readonly Callback[]): Callback[] {
  const waitsFor = new Map<Callback, Set<Callback>>(
    callbacks.map((callback) => [callback, new Set()]),
  );
  for (const a of callbacks)
    for (const b of callbacks)
      if (a !== b && (b.before?.includes(a.name) || a.after?.includes(b.name)))
        waitsFor.get(a)?.add(b);

  const planned: Callback[] = [];
  while (waitsFor.size > 0) {
    const free = [...waitsFor]
      .filter(([, others]) => others.size === 0)
      .map(([callback]) => callback);
    const next = free.sort(byOrderAndName)[0];
    if (!next)
      throw new Error(`plan: ${cycleOf(waitsFor)} must each run before the next; drop one rule`);
    planned.push(next);
    waitsFor.delete(next);
    for (const others of waitsFor.values()) others.delete(next);
  }
  return planned;
}

function byOrderAndName(a: Callback, b: Callback): number {
  return (a.order ?? 0) - (b.order ?? 0) || (a.name < b.name ? -1 : 1);
}

/** Every callback left waits for another one left, so following them must come round. */
function cycleOf(waitsFor: ReadonlyMap<Callback, ReadonlySet<Callback>>): string {
  const path: Callback[] = [];
  let [at] = waitsFor.keys();
  while (at && !path.includes(at)) {
    path.unshift(at);
    [at] = waitsFor.get(at) ?? [];
  }
  const cycle = path.slice(0, at ? path.indexOf(at) + 1 : path.length);
  return [...cycle, cycle[0]].map((callback) => callback?.name).join(', ');
}
