import type * as tf from '@tensorflow/tfjs';
import type { Bounds, SlotRole } from '@tfloop/core';

/**
 * One optimizer's mathematics: everything else (groups, slots, reset, state) is the same for all.
 *
 * `H` names the hyper-parameters, `S` the slots.
 */
export interface UpdateRule<H extends string, S extends string> {
  readonly name: string;
  /** Allowed values by hyper-parameter. */
  readonly bounds: Readonly<Record<H | 'lr', Bounds>>;
  /** Choices that are made once, such as `nesterov`. */
  readonly settings: Readonly<Record<string, boolean>>;
  /** The hyper-parameter that schedules cycle as momentum, and whether there is none while it is 0. */
  readonly momentum: { readonly name: H; readonly offAtZero: boolean };
  readonly slots: Readonly<Record<S, SlotKind>>;
  /** One step of one parameter, without side effects: says what parameter and slots become. */
  update(input: UpdateInput<H, S>): Update<S>;
}

/** What a slot remembers, and which resets it belongs to. */
export interface SlotKind {
  readonly role: SlotRole;
  /** A slot that makes no sense without another is reset with that one. @default its own role */
  readonly resetWith?: SlotRole;
}

/** What a rule sees of one parameter. */
export interface UpdateInput<H extends string, S extends string> {
  readonly parameter: tf.Tensor;
  readonly gradient: tf.Tensor;
  /** The hyper-parameters of the parameter's group. */
  readonly hyper: Readonly<Record<H | 'lr', number>>;
  /** A slot of this parameter: zeros that no update has reached, the first time it is asked for. */
  readonly slot: (name: S) => SlotValue;
  /** A number on the device, made once a step however many parameters ask for it. */
  readonly scalar: (value: number) => tf.Scalar;
}

/** A slot of one parameter before the update. */
export interface SlotValue {
  readonly value: tf.Tensor;
  /** Updates since it was last zero: what bias corrections count. */
  readonly updates: number;
}

/** What the parameter becomes, and those slots that the update reached. */
export interface Update<S extends string> {
  readonly parameter: tf.Tensor;
  readonly slots: Readonly<Partial<Record<S, tf.Tensor>>>;
}
