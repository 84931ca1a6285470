import * as tf from '@tensorflow/tfjs';
import { targetTensors } from './batch-tensors.ts';
import type { Batch, DataSource } from './data-source.ts';
import type { LoopState } from './loop-state.ts';
import { isMixed, type Target } from './mixed-target.ts';
import { exampleCount, holdsTensors, named, showKind, showShape, tensorsOf } from './tensors.ts';
import { where } from './where.ts';

/** What all batches of a phase have in common, by the name of a tensor: how its first one was. */
export type BatchForm = ReadonlyMap<string, Pick<tf.Tensor, 'rank' | 'dtype' | 'shape'>>;

/**
 * Refuses what is no batch, and one whose tensors have another rank or dtype than those of the phase's first batch.
 * Data comes from outside the types' reach.
 */
export function checkBatch(loop: LoopState, batch: Batch, source: DataSource): void {
  try {
    checkKind(batch);
    checkNumbers(loop, batch, source);
    checkForm(loop, batch);
  } catch (error) {
    if (source.owner === 'loop') tf.dispose(batch as unknown as tf.TensorContainer);
    throw error;
  }
}

function checkKind({ x, y }: Batch): void {
  if (!holdsTensors(x)) throw notTensors('x');
  if (!holdsTensors(y) && !isMixedTarget(y)) throw notTensors('y');
}

function notTensors(name: string): TypeError {
  return new TypeError(
    `Learner: the ${name} of a batch must be a tensor, a list or a record of tensors`,
  );
}

function checkNumbers(loop: LoopState, { x, y, weights }: Batch, source: DataSource): void {
  refuseDisposed(loop, tensorsOf(x), source);
  refuseDisposed(loop, targetTensors(y), source);
  const size = exampleCount(x);
  if (size === 0 && tensorsOf(x)[0]?.rank !== 0)
    throw new RangeError(`Learner: ${where(loop)} has no examples`);
  if (weights && !tf.util.arraysEqual(weights.shape, [size]))
    throw new RangeError(
      `Learner: the weights of a batch must have one number for each example, shape [${size}], got ${showShape(weights.shape)}`,
    );
}

function refuseDisposed(loop: LoopState, tensors: readonly tf.Tensor[], source: DataSource): void {
  for (const tensor of tensors)
    if (tensor.isDisposed)
      throw new Error(
        `Learner: ${where(loop)} has a tensor that was disposed of` +
          (source.owner === 'loop'
            ? '; the loop disposes of what this data yields: yield new tensors each time, or pass an array of batches, which stay yours'
            : ''),
      );
}

function checkForm(loop: LoopState, batch: Batch): void {
  const first = loop.forms[loop.phase];
  if (!first) {
    loop.forms[loop.phase] = new Map(
      namedTensors(batch).map(([name, { rank, dtype, shape }]) => [name, { rank, dtype, shape }]),
    );
    return;
  }
  for (const [name, tensor] of namedTensors(batch)) {
    const expected = first.get(name);
    // Inner sizes may change from batch to batch, as lengths of texts do.
    if (expected && (expected.rank !== tensor.rank || expected.dtype !== tensor.dtype))
      throw new RangeError(
        `Learner: ${name} of ${where(loop)} must have the rank and dtype of the first batch, ${showKind(expected)}, got ${showKind(tensor)}`,
      );
  }
}

function namedTensors({ x, y, weights }: Batch): (readonly [string, tf.Tensor])[] {
  const targets = named('y', isMixed(y) ? { first: y.first, second: y.second } : y);
  return [...named('x', x), ...targets, ...(weights ? named('weights', weights) : [])];
}

function isMixedTarget(value: unknown): boolean {
  return typeof value === 'object' && value !== null && isMixed(value as Target);
}
