import type * as tf from '@tensorflow/tfjs';

/** The variables being trained, by name, in the model's order. */
export type Parameters = ReadonlyMap<string, tf.Variable>;

/** Gradients by parameter name; a parameter that the loss does not touch has none. */
export type Gradients = Map<string, tf.Tensor>;

/** What a slot remembers: a running mean of gradients, of their squares, or something else. */
export type SlotRole = 'first-moment' | 'second-moment' | 'other';

/** Which part of an optimizer's state to forget. */
export interface ResetPolicy {
  /** @default 'all' */
  readonly what?: 'all' | 'first-moment' | 'second-moment';
  /** Only parameters for whose name this is true. @default every parameter */
  readonly where?: (parameterName: string) => boolean;
}

/** What a reset did, so that a reset of nothing does not go unseen. */
export interface ResetReport {
  /** Elements set back over all slots. */
  readonly elements: number;
  /** Elements set back by slot name. */
  readonly slots: Readonly<Record<string, number>>;
}

/** Everything needed to go on exactly: plain numbers, and tensors that the receiver owns. */
export interface OptimizerState {
  readonly optimizer: string;
  /** Hyper-parameters of each parameter group by name; the group at 0 is the default one. */
  readonly groups: readonly Readonly<Record<string, number>>[];
  /** Exact step counts: counter name → parameter name → count. */
  readonly counters: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Slot name → parameter name → tensor. */
  readonly slots: Readonly<Record<string, Readonly<Record<string, tf.Tensor>>>>;
}

/**
 * What the loop, schedules, Lookahead and checkpoints need of an optimizer.
 *
 * State is kept by parameter name, never by position, so freezing a layer moves nobody's state.
 */
export interface Optimizer {
  readonly name: string;
  /** What it was made with, for loggers and checkpoints; it stays as schedules change the hyper-parameters. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Names that `get` and `set` accept, for example `lr momentum weightDecay`. */
  readonly hyperparameters: readonly string[];
  /** The hyper-parameter that schedules cycle as momentum; undefined when the optimizer has none in use. */
  readonly momentumName: string | undefined;
  /** Reads a hyper-parameter of a group. Throws a RangeError on an unknown name. @default group 0 */
  get(hyperparameter: string, group?: number): number;
  /** Sets a hyper-parameter of one group, or of all: `lr` and `weightDecay` keep the groups' ratios, and 0 stays 0. */
  set(hyperparameter: string, value: number, group?: number): void;
  /** Moves the parameters that have a gradient. Makes missing slots; keeps neither map nor gradients. */
  step(parameters: Parameters, gradients: Gradients): void;
  /** The live slots of one role by parameter name; assign to them, don't dispose of them. */
  slots(role: SlotRole): ReadonlyMap<string, tf.Variable>;
  /** Sets slots back to their initial values and restarts their bias correction. */
  reset(policy?: ResetPolicy): ResetReport;
  /** A snapshot; the caller disposes of its tensors. */
  state(): OptimizerState;
  /** Restores a snapshot exactly; the caller keeps its tensors. Throws when it is of another optimizer. */
  load(state: OptimizerState): void;
  /** Frees all slots. */
  dispose(): void;
}
