import * as tf from '@tensorflow/tfjs';
import { check } from '@tfloop/core';
import type { Bounds, Optimizer, OptimizerState, ResetPolicy } from '@tfloop/core';
import { checkState } from './check-state.ts';
import { isResetBy } from './make-optimizer.ts';
import type { SlotKind } from './update-rule.ts';

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
  const className = optimizer.getClassName();
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

/** What this file reads and writes of tfjs's optimizers, beyond their public types. */
interface TfjsFields extends Record<TfjsList, { originalName: string; variable: tf.Variable }[]> {
  readonly iterations: number;
  iterations_: number;
  learningRate: number;
  beta1: number;
  readonly beta2: number;
  momentum: number;
  readonly centered: boolean;
  readonly initialAccumulatorValue: number;
  readonly accBeta1: tf.Variable;
  readonly accBeta2: tf.Variable;
  /** The step count of Adamax, which its learning-rate decay goes by. */
  readonly iteration: tf.Variable;
  /** Minus the learning rate, on SGD and Momentum. */
  readonly c?: tf.Scalar;
  setLearningRate?(learningRate: number): void;
  /** The momentum that Momentum's step multiplies by. */
  m?: tf.Scalar;
  applyGradients(gradients: readonly { name: string; tensor: tf.Tensor | null }[]): void;
}

type TfjsList =
  | 'accumulations'
  | 'accumulatedFirstMoment'
  | 'accumulatedGrads'
  | 'accumulatedMeanGrads'
  | 'accumulatedMeanSquares'
  | 'accumulatedMoments'
  | 'accumulatedSecondMoment'
  | 'accumulatedUpdates'
  | 'accumulatedWeightedInfNorm';

interface TfjsKind {
  /** The field that serves as momentum. */
  readonly momentum?: 'momentum' | 'beta1';
  readonly slots: readonly TfjsSlot[];
  /** State that is one number for all parameters. */
  readonly scalars: readonly ('accBeta1' | 'accBeta2' | 'iteration')[];
}

interface TfjsSlot extends SlotKind {
  /** As tfjs's saved weights call it. */
  readonly name: string;
  readonly list: TfjsList;
  /** The field with the value that the slot begins with, where that is not 0. */
  readonly initialField?: 'initialAccumulatorValue';
  /** The running product that corrects the bias of this slot in all parameters. */
  readonly product?: { readonly name: 'accBeta1' | 'accBeta2'; readonly factor: 'beta1' | 'beta2' };
}

/** The place of state that belongs to no parameter. */
const shared = '*';

const firstMoment: TfjsSlot = {
  name: 'm',
  list: 'accumulatedFirstMoment',
  role: 'first-moment',
  product: { name: 'accBeta1', factor: 'beta1' },
};

const kinds: ReadonlyMap<string, TfjsKind> = new Map<string, TfjsKind>([
  ['SGD', { slots: [], scalars: [] }],
  [
    'Momentum',
    {
      momentum: 'momentum',
      slots: [{ name: 'momentum', list: 'accumulations', role: 'first-moment' }],
      scalars: [],
    },
  ],
  [
    'Adagrad',
    {
      slots: [
        {
          name: 'accumulator',
          list: 'accumulatedGrads',
          role: 'second-moment',
          initialField: 'initialAccumulatorValue',
        },
      ],
      scalars: [],
    },
  ],
  [
    'Adadelta',
    {
      slots: [
        { name: 'accum_grad', list: 'accumulatedGrads', role: 'second-moment' },
        // A step is a ratio of the two.
        {
          name: 'accum_var',
          list: 'accumulatedUpdates',
          role: 'other',
          resetWith: 'second-moment',
        },
      ],
      scalars: [],
    },
  ],
  [
    'Adam',
    {
      momentum: 'beta1',
      slots: [
        firstMoment,
        {
          name: 'v',
          list: 'accumulatedSecondMoment',
          role: 'second-moment',
          product: { name: 'accBeta2', factor: 'beta2' },
        },
      ],
      scalars: ['accBeta1', 'accBeta2'],
    },
  ],
  [
    'Adamax',
    {
      momentum: 'beta1',
      slots: [
        firstMoment,
        { name: 'v', list: 'accumulatedWeightedInfNorm', role: 'second-moment' },
      ],
      scalars: ['accBeta1', 'iteration'],
    },
  ],
  [
    'RMSProp',
    {
      momentum: 'momentum',
      slots: [
        { name: 'rms', list: 'accumulatedMeanSquares', role: 'second-moment' },
        { name: 'momentum', list: 'accumulatedMoments', role: 'first-moment' },
        // The old mean with new squares would give a negative variance.
        {
          name: 'mg',
          list: 'accumulatedMeanGrads',
          role: 'other',
          resetWith: 'second-moment',
        },
      ],
      scalars: [],
    },
  ],
]);

interface Hyperparameter {
  readonly bounds: Bounds;
  readonly get: () => number;
  readonly set: (value: number) => void;
}

function hyperparametersOf(fields: TfjsFields, kind: TfjsKind): Map<string, Hyperparameter> {
  const hyper = new Map<string, Hyperparameter>();
  hyper.set('lr', {
    bounds: { min: 0 },
    get: () => fields.learningRate,
    set(value) {
      // SGD and Momentum keep the rate on the device too.
      if (fields.setLearningRate) fields.setLearningRate(value);
      else fields.learningRate = value;
    },
  });
  const { momentum } = kind;
  if (!momentum) return hyper;
  const set = (value: number): void => {
    fields[momentum] = value;
    if (!fields.m) return;
    fields.m.dispose();
    fields.m = tf.keep(tf.scalar(value));
  };
  // Momentum's own setMomentum changes the field, but not the scalar that its step reads.
  if (fields.m) set(fields.momentum);
  hyper.set(momentum, { bounds: { min: 0, below: 1 }, get: () => fields[momentum], set });
  return hyper;
}

function fill(variable: tf.Variable, value: number): void {
  tf.tidy(() => variable.assign(tf.fill(variable.shape, value)));
}

function tensorOf(owner: string, state: OptimizerState, slot: string, name: string): tf.Tensor {
  const tensor = state.slots[slot]?.[name];
  if (tensor) return tensor;
  throw new Error(`${owner}: can't load this state: it has no ${slot} of "${name}"`);
}
