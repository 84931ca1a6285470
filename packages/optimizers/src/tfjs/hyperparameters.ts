import * as tf from '@tensorflow/tfjs';
import type { Bounds } from '@tfloop/core';
import type { TfjsFields } from './fields.ts';
import type { TfjsKind } from './kinds.ts';

/** A number that can be set between steps. */
export interface Hyperparameter {
  readonly bounds: Bounds;
  readonly get: () => number;
  readonly set: (value: number) => void;
}

/** Those of an optimizer, by the names that ours have. */
export function hyperparametersOf(fields: TfjsFields, kind: TfjsKind): Map<string, Hyperparameter> {
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
