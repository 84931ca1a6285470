import type * as tf from '@tensorflow/tfjs';

/** What the adapter reads and writes of tfjs's optimizers, beyond their public types. */
export interface TfjsFields extends Record<
  TfjsList,
  { originalName: string; variable: tf.Variable }[]
> {
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

/** The lists in which they keep their slots, by position. */
export type TfjsList =
  | 'accumulations'
  | 'accumulatedFirstMoment'
  | 'accumulatedGrads'
  | 'accumulatedMeanGrads'
  | 'accumulatedMeanSquares'
  | 'accumulatedMoments'
  | 'accumulatedSecondMoment'
  | 'accumulatedUpdates'
  | 'accumulatedWeightedInfNorm';
