import * as tf from '@tensorflow/tfjs';
import { check } from '@tfloop/core';
import type { Optimizer, OptimizerState, ResetPolicy } from '@tfloop/core';
import { checkState } from './check-state.ts';
import { isResetBy } from './make-optimizer.ts';
import type { TfjsFields } from './tfjs/fields.ts';
import { hyperparametersOf, type Hyperparameter } from './tfjs/hyperparameters.ts';
import { kinds, type TfjsSlot } from './tfjs/kinds.ts';

/**
 * Adapts one of the seven optimizers of `tf.train`; it owns that optimizer from then on.
 *
 * The steps are tfjs's own, bit for bit. Besides, `lr` can be set on all seven, `momentum` on Momentum and
 * RMSProp, `beta1` on Adam and Adamax (their bias correction then goes by the product of the beta1 in use);
 * slots belong to parameter names; `state` and `load` are exact; nothing leaks. A reset of everything also
 * restarts the learning-rate decay of Adamax.
 *
 * What tfjs can't do throws an Error that says so: parameter groups, and a reset of some parameters only where
 * one bias correction serves all (Adam, Adamax). `dispose` frees the optimizer too, for good. Throws a
 * TypeError on any other optimizer, and an Error on one that has done a step, because it keeps its slots by
 * position.
 */
export function fromTfjs(optimizer: tf.Optimizer): Optimizer {
  const className = classNameOf(optimizer);
  const kind = kinds.get(className);
  if (!kind)
    throw new TypeError(
      `fromTfjs: optimizer must be one of ${[...kinds.keys()].join(', ')}, got ${className}`,
    );
  const owner = `tfjs-${className.toLowerCase()}`;
  const fields = optimizer as unknown as TfjsFields;
  const slots = kind.slots.filter(({ list }) => list !== 'accumulatedMeanGrads' || fields.centered);
  if (slots.some(({ list }) => fields[list].length > 0))
    throw new Error(
      `fromTfjs: this ${className} has done a step and keeps its slots by position; adapt it before its first step`,
    );

  const hyper = hyperparametersOf(fields, kind);
  const names = [...hyper.keys()];
  const hyperOf = (name: string, group = 0): Hyperparameter => {
    const found = hyper.get(name);
    if (!found)
      throw new RangeError(
        `${owner}: there is no hyper-parameter "${name}" to be set; there are ${names.join(', ')}`,
      );
    if (group !== 0)
      throw new RangeError(
        `${owner}: group must be 0, got ${group}; tfjs has no parameter groups, the optimizers of @tfloop/optimizers have`,
      );
    return found;
  };
  const fixed: Record<string, number> = Object.fromEntries(
    Object.entries(optimizer.getConfig())
      .filter(([name]) => name !== 'learningRate' && name !== kind.momentum)
      .map(([name, value]) => [name, Number(value)]),
  );
  // A parameter has the same position in every list, whichever parameters have a gradient.
  const order = new Set<string>();
  const variables = ({ list }: TfjsSlot): [string, tf.Variable][] =>
    [...order].flatMap((name, index) => {
      const slot = fields[list][index];
      return slot ? [[name, slot.variable]] : [];
    });
  let beta1InProduct = fields.beta1;
  let disposed = false;
  const checkAlive = (): void => {
    if (disposed) throw new Error(`${owner}: the optimizer has been disposed of`);
  };
  const group = (): Record<string, number> => ({
    ...Object.fromEntries([...hyper].map(([name, { get }]) => [name, get()])),
    ...(kind.momentum === 'beta1' && { beta1InProduct }),
    ...fixed,
  });

  return {
    name: owner,
    hyperparameters: names,
    get momentumName() {
      return kind.momentum === 'momentum' && fields.momentum === 0 ? undefined : kind.momentum;
    },
    get: (name, index) => hyperOf(name, index).get(),
    set(name, value, index) {
      checkAlive();
      const { bounds, get, set } = hyperOf(name, index);
      check.number(owner, name, value, bounds);
      if (get() !== value) set(value);
    },

    step(parameters, gradients) {
      checkAlive();
      for (const name of gradients.keys())
        if (!parameters.has(name))
          throw new Error(`${owner}: there is a gradient for "${name}", which is not a parameter`);
      if (gradients.size === 0) return;
      for (const name of parameters.keys()) order.add(name);
      if (kind.momentum === 'beta1' && fields.beta1 !== beta1InProduct) {
        const { accBeta1, beta1, iterations } = fields;
        if (iterations === 0) fill(accBeta1, beta1);
        else if (beta1InProduct > 0)
          tf.tidy(() => accBeta1.assign(tf.mul(accBeta1, beta1 / beta1InProduct)));
        beta1InProduct = beta1;
      }
      fields.applyGradients(
        [...order].map((name) => ({
          name: parameters.get(name)?.name ?? name,
          tensor: gradients.get(name) ?? null,
        })),
      );
    },

    slots: (role) =>
      new Map(slots.filter((slot) => slot.role === role).flatMap((slot) => variables(slot))),

    reset({ what = 'all', where }: ResetPolicy = {}) {
      checkAlive();
      check.oneOf(owner, 'what', what, ['all', 'first-moment', 'second-moment']);
      const covered = slots.filter((slot) => isResetBy(slot, what));
      if (where && covered.some(({ product }) => product))
        throw new Error(
          `${owner}: can't reset some parameters only, because one bias correction serves all; the optimizers of @tfloop/optimizers can`,
        );
      const report: Record<string, number> = {};
      for (const slot of covered) {
        const reset = variables(slot).filter(([name]) => where?.(name) ?? true);
        for (const [, variable] of reset)
          fill(variable, slot.initialField ? fields[slot.initialField] : 0);
        report[slot.name] = reset.reduce((sum, [, { size }]) => sum + size, 0);
        if (slot.product) fill(fields[slot.product.name], fields[slot.product.factor]);
        if (slot.product?.factor === 'beta1') beta1InProduct = fields.beta1;
      }
      if (what === 'all' && !where) {
        if (kind.scalars.includes('iteration')) fill(fields.iteration, 0);
        fields.iterations_ = 0;
      }
      return {
        elements: Object.values(report).reduce((sum, size) => sum + size, 0),
        slots: report,
      };
    },

    state: () => {
      checkAlive();
      const tensors: Record<string, Record<string, tf.Tensor>> = {};
      for (const slot of slots)
        tensors[slot.name] = Object.fromEntries(
          variables(slot).map(([name, variable]) => [name, tf.clone(variable)]),
        );
      for (const name of kind.scalars) tensors[name] = { [shared]: tf.clone(fields[name]) };
      return {
        optimizer: owner,
        groups: [group()],
        counters: { iterations: { [shared]: fields.iterations } },
        slots: tensors,
      };
    },

    load(state) {
      checkAlive();
      checkState(state, {
        optimizer: owner,
        groups: [group()],
        fixed,
        slots: [...slots.map(({ name }) => name), ...kind.scalars],
        counters: ['iterations'],
      });
      const saved = new Map(Object.entries(state.groups[0] ?? {}));
      const settings = [...hyper].map(([name, { bounds, get, set }]) => {
        const value = saved.get(name) ?? NaN;
        check.number(owner, name, value, bounds);
        return () => get() !== value && set(value);
      });
      const parameters = [
        ...new Set(slots.flatMap(({ name }) => Object.keys(state.slots[name] ?? {}))),
      ];
      const loads = slots.map(({ name, list }) => ({
        list,
        tensors: parameters.map((parameter) => tensorOf(owner, state, name, parameter)),
        name,
      }));
      const scalars = kind.scalars.map(
        (name) => [name, tensorOf(owner, state, name, shared)] as const,
      );
      for (const apply of settings) apply();
      beta1InProduct = saved.get('beta1InProduct') ?? beta1InProduct;
      fields.iterations_ = state.counters['iterations']?.[shared] ?? 0;
      for (const [name, tensor] of scalars) fields[name].assign(tensor);
      order.clear();
      for (const parameter of parameters) order.add(parameter);
      for (const { list, tensors, name } of loads) {
        tf.dispose(fields[list].map(({ variable }) => variable));
        fields[list] = tensors.map((tensor, index) => ({
          originalName: `${parameters[index] ?? ''}/${name}`,
          variable: tf.variable(tensor, false),
        }));
      }
    },

    dispose() {
      if (disposed) return;
      disposed = true;
      optimizer.dispose();
      // The dispose of Momentum leaves this one.
      fields.c?.dispose();
      order.clear();
    },
  };
}

/** The place of state that belongs to no parameter. */
const shared = '*';

function fill(variable: tf.Variable, value: number): void {
  tf.tidy(() => variable.assign(tf.fill(variable.shape, value)));
}

function tensorOf(owner: string, state: OptimizerState, slot: string, name: string): tf.Tensor {
  const tensor = state.slots[slot]?.[name];
  if (tensor) return tensor;
  throw new Error(`${owner}: can't load this state: it has no ${slot} of "${name}"`);
}

/** Plain JavaScript may pass anything. */
function classNameOf(given: unknown): string {
  if (typeof given !== 'object' || given === null) return String(given);
  const { getClassName, hyperparameters } = given as Partial<tf.Optimizer & Optimizer>;
  if (getClassName) return getClassName.call(given);
  return hyperparameters ? 'one of @tfloop/optimizers, which needs no adapter' : 'another object';
}
