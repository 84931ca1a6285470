import {
  Learner,
  batches,
  meanSquaredError,
  type Callback,
  type EventName,
  type FitLoop,
  type LearnerOptions,
} from '@tfloop/core';
import { EVENTS as ALL_EVENTS, testOptimizer } from '@tfloop/core/testing';
import { expect } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

/** The events of a loop, without the moments between them. */
export const EVENTS = ALL_EVENTS.filter(
  (event): event is Exclude<EventName, 'atRest'> => event !== 'atRest',
);

/** A learner of `pred = weight · x`, so that everything can be worked out by hand. */
export interface Line {
  readonly learner: Learner;
  readonly weight: tf.Variable;
  /** The weight's value. */
  readonly value: () => number;
}

/**
 * Fits a line through the origin to examples (1, 2), (2, 4), (3, 6), (4, 8), in batches of two and in this order,
 * from weight 0 with plain SGD; validates on (1, 1).
 */
export function line(
  options: Partial<LearnerOptions> & { lr?: number; momentum?: number } = {},
): Line {
  const { lr = 0.01, momentum = 0, ...rest } = options;
  const weight = tf.variable(tf.scalar(0));
  const optimizer = testOptimizer({ lr, momentum });
  // A step of nothing, so that the optimizer has its slot before anybody counts tensors.
  tf.tidy(() => {
    optimizer.step(new Map([['weight', weight]]), new Map([['weight', tf.scalar(0)]]));
  });
  const learner = new Learner({
    model: { variables: { weight }, forward: (x) => tf.mul(x as tf.Tensor, weight) },
    data: { train: points([1, 2, 3, 4], [2, 4, 6, 8], 2), valid: points([1], [1], 1) },
    loss: meanSquaredError(),
    optimizer,
    ...rest,
  });
  return { learner, weight, value: () => weight.dataSync()[0]! };
}

/** Examples with one input and one output each. */
export function points(x: readonly number[], y: readonly number[], batchSize: number) {
  return batches({ x: Float32Array.from(x), y: Float32Array.from(y) }, { batchSize });
}

/** A callback that does one thing at one event. */
export function at(
  event: EventName,
  act: (loop: FitLoop) => unknown,
  name = `at ${event}`,
): Callback {
  return { name, [event]: act };
}

/** A callback that throws at an event, the first time that a condition holds. */
export function throwing(
  event: EventName,
  error: () => unknown,
  when: (loop: FitLoop) => boolean = () => true,
  name = 'thrower',
): Callback {
  let done = false;
  return at(
    event,
    (loop) => {
      if (done || !when(loop)) return;
      done = true;
      throw error();
    },
    name,
  );
}

interface TracerOptions {
  readonly name?: string;
  readonly events?: readonly EventName[];
  readonly text?: (event: EventName, loop: FitLoop) => string;
}

/** A callback that writes a line for every event. */
export function tracer(
  into: string[],
  { name = 'tracer', events = EVENTS, text = (event) => event }: TracerOptions = {},
): Callback {
  const handlers = events.map((event) => [
    event,
    (loop: FitLoop) => void into.push(text(event, loop)),
  ]);
  return { name, ...(Object.fromEntries(handlers) as object) };
}

/** Runs work and expects as many tensors after it as before. */
export async function expectNoLeak(work: () => unknown): Promise<void> {
  const before = tf.memory().numTensors;
  await work();
  expect(tf.memory().numTensors).toBe(before);
}

/** What a promise was rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
