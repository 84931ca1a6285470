import * as tf from '@tensorflow/tfjs';
import { check } from '@tfloop/core';
import type { Optimizer, ResetPolicy } from '@tfloop/core';
import { checkState } from './check-state.ts';
import { parameterGroups } from './parameter-groups.ts';
import type { ParameterGroup } from './parameter-groups.ts';
import type { SlotKind, UpdateRule } from './update-rule.ts';

/** What an optimizer is made with, beside its rule. */
export interface MakeOptimizerOptions<H extends string> {
  readonly hyper: Readonly<Record<H | 'lr', number>>;
  readonly groups: readonly ParameterGroup<H>[];
  /** Options that are left over, which is an error. */
  readonly unknown: object;
}

/** Makes an optimizer of an update rule: adds groups, slots by parameter name, reset, state and load. */
export function makeOptimizer<H extends string, S extends string>(
  rule: UpdateRule<H, S>,
  { hyper, groups: groupOptions, unknown }: MakeOptimizerOptions<H>,
): Optimizer {
  const owner = rule.name;
  const { bounds, settings: choices } = rule;
  check.known(owner, unknown, [...Object.keys(bounds), ...Object.keys(choices), 'groups']);
  for (const [name, value] of Object.entries(choices))
    check.oneOf(owner, name, value, [true, false]);
  const groups = parameterGroups<H>(owner, bounds, hyper, groupOptions);
  const settings = Object.fromEntries(
    Object.entries(choices).map(([name, value]) => [name, Number(value)]),
  );
  const slotNames = Object.keys(rule.slots) as S[];
  const stores = slotNames.map((name) => ({
    name,
    kind: rule.slots[name],
    slots: new Map<string, Slot>(),
  }));
  const storeOf = new Map(stores.map((store) => [store.name, store.slots]));

  const slotOf = (name: S, parameter: string, { shape }: tf.Variable): Slot => {
    const store = storeOf.get(name);
    if (!store) throw new Error(`${owner}: there is no slot ${name}`);
    let slot = store.get(parameter);
    if (!slot) {
      slot = { value: tf.tidy(() => tf.variable(tf.zeros(shape), false)), updates: 0 };
      store.set(parameter, slot);
    }
    checkShape(`the slot ${name}`, parameter, slot.value, shape);
    return slot;
  };
  const checkShape = (
    what: string,
    parameter: string,
    tensor: tf.Tensor,
    shape: number[],
  ): void => {
    if (!tf.util.arraysEqual(tensor.shape, shape))
      throw new Error(
        `${owner}: ${what} of "${parameter}" has shape [${String(tensor.shape)}], the parameter [${String(shape)}]`,
      );
  };
  const groupStates = (): Record<string, number>[] =>
    groups.state().map((group) => ({ ...group, ...settings }));
  const dispose = (): void => {
    for (const { slots } of stores) {
      for (const { value } of slots.values()) value.dispose();
      slots.clear();
    }
  };

  return {
    name: owner,
    options: { groups: groupStates() },
    hyperparameters: groups.names,
    get momentumName() {
      const { name, offAtZero } = rule.momentum;
      return !offAtZero || groups.state().some((group) => group[name] !== 0) ? name : undefined;
    },
    get: (hyperparameter, group) => groups.get(hyperparameter, group),
    set: (hyperparameter, value, group) => groups.set(hyperparameter, value, group),

    step(parameters, gradients) {
      for (const name of gradients.keys())
        if (!parameters.has(name))
          throw new Error(`${owner}: there is a gradient for "${name}", which is not a parameter`);
      const scalars = new Map<number, tf.Scalar>();
      const scalar = (value: number): tf.Scalar => {
        let made = scalars.get(value);
        if (!made) {
          made = tf.keep(tf.scalar(value));
          scalars.set(value, made);
        }
        return made;
      };
      try {
        for (const [name, variable] of parameters) {
          const gradient = gradients.get(name);
          if (!gradient) continue;
          checkShape('the gradient', name, gradient, variable.shape);
          // A tidy for each parameter: the intermediate tensors of only one exist at a time.
          tf.tidy(() => {
            const update = rule.update({
              parameter: variable,
              gradient,
              hyper: groups.of(name),
              slot: (slotName) => slotOf(slotName, name, variable),
              scalar,
            });
            variable.assign(update.parameter);
            for (const slotName of slotNames) {
              const value = update.slots[slotName];
              if (!value) continue;
              const slot = slotOf(slotName, name, variable);
              slot.value.assign(value);
              slot.updates += 1;
            }
          });
        }
      } finally {
        tf.dispose([...scalars.values()]);
      }
    },

    slots: (role) =>
      new Map(
        stores
          .filter(({ kind }) => kind.role === role)
          .flatMap(({ slots }) => [...slots].map(([name, { value }]) => [name, value])),
      ),

    reset({ what = 'all', where }: ResetPolicy = {}) {
      check.oneOf(owner, 'what', what, ['all', 'first-moment', 'second-moment']);
      const report: Record<string, number> = {};
      for (const { name, kind, slots } of stores) {
        if (!isResetBy(kind, what)) continue;
        report[name] = 0;
        for (const [parameter, slot] of slots) {
          if (where && !where(parameter)) continue;
          tf.tidy(() => slot.value.assign(tf.zerosLike(slot.value)));
          slot.updates = 0;
          report[name] += slot.value.size;
        }
      }
      return {
        elements: Object.values(report).reduce((sum, size) => sum + size, 0),
        slots: report,
      };
    },

    state: () => ({
      optimizer: owner,
      groups: groupStates(),
      counters: byStore(stores, ({ updates }) => updates),
      // A clone is a snapshot: `assign` gives a variable another buffer and never writes into the old one.
      slots: byStore(stores, ({ value }) => tf.clone(value)),
    }),

    load(state) {
      checkState(state, {
        optimizer: owner,
        groups: groupStates(),
        fixed: settings,
        slots: slotNames,
        counters: slotNames,
      });
      const loads = stores.map(({ name }) => {
        const tensors = Object.entries(state.slots[name] ?? {});
        const updates = new Map(Object.entries(state.counters[name] ?? {}));
        for (const [parameter] of tensors)
          if (!updates.has(parameter))
            throw new Error(
              `${owner}: can't load this state: it has no counter for the slot ${name} of "${parameter}"`,
            );
        return { tensors, updates };
      });
      groups.load(state.groups);
      dispose();
      for (const [index, { slots }] of stores.entries())
        for (const [parameter, tensor] of loads[index]?.tensors ?? [])
          slots.set(parameter, {
            value: tf.variable(tensor, false),
            updates: loads[index]?.updates.get(parameter) ?? 0,
          });
    },

    dispose,
  };
}

/** Whether a reset policy covers slots of a kind. */
export function isResetBy(
  { role, resetWith = role }: SlotKind,
  what: NonNullable<ResetPolicy['what']>,
): boolean {
  return what === 'all' || resetWith === what;
}

/** A slot of one parameter, and how many updates have reached it since it was zero. */
interface Slot {
  readonly value: tf.Variable;
  updates: number;
}

function byStore<T>(
  stores: readonly { readonly name: string; readonly slots: ReadonlyMap<string, Slot> }[],
  of: (slot: Slot) => T,
): Record<string, Record<string, T>> {
  return Object.fromEntries(
    stores.map(({ name, slots }) => [
      name,
      Object.fromEntries([...slots].map(([parameter, slot]) => [parameter, of(slot)])),
    ]),
  );
}
