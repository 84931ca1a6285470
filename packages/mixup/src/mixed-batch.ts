import * as tf from '@tensorflow/tfjs';
import {
  check,
  isMixed,
  mapTensors,
  tensorsOf,
  type Batch,
  type MixedTarget,
  type Target,
  type Tensors,
} from '@tfloop/core';

/**
 * How labels are mixed: `'losses'` computes the losses of both labels and mixes these, `'targets'` mixes the
 * labels themselves; `'auto'` takes losses for integer and boolean labels and targets for floating-point ones.
 */
export type LabelMixing = 'auto' | 'losses' | 'targets';

/** A batch with a mixed target: new tensors, which belong to whoever asked for them. */
export interface MixedBatch {
  readonly x: Tensors;
  /** Holds the weights too, where the batch has some. */
  readonly y: MixedTarget;
}

/** Who is mixed with whom, and how much of each. */
export interface Mixing {
  /** Share of each example itself, the rest is its partner's: `[n]`, in [0, 1]. */
  readonly lambda: ArrayLike<number>;
  /** Index of each example's partner in the batch, `[n]`. */
  readonly partners: ArrayLike<number>;
  readonly labels: LabelMixing;
}

/**
 * Mixes inputs by `mixInput(input, its partners, λ)` and pairs the labels; weights, where there are some, are
 * paired as the labels are, whose losses they weigh.
 *
 * Nothing of the batch is changed or disposed of. Throws, naming the owner, where the target is mixed already or
 * several tensors, and where lengths don't fit.
 */
export function mixedBatch(
  owner: string,
  { x, y, weights }: Batch,
  { lambda, partners, labels: mixing }: Mixing,
  mixInput: (input: tf.Tensor, partner: tf.Tensor, share: tf.Tensor) => tf.Tensor,
): MixedBatch {
  check.oneOf(owner, 'labels', mixing, ['auto', 'losses', 'targets']);
  const labels = targetTensor(owner, y);
  for (const tensor of [...tensorsOf(x), labels])
    if (tensor.shape[0] !== partners.length)
      throw new RangeError(
        `${owner}: ${tensor === labels ? 'y' : 'x'} must have one example for each of ${partners.length} partners, got shape [${tensor.shape.join(', ')}]`,
      );
  if (weights && !tf.util.arraysEqual(weights.shape, [partners.length]))
    throw new RangeError(
      `${owner}: weights must have one number for each of ${partners.length} partners, got shape [${weights.shape.join(', ')}]`,
    );
  if (mixing === 'targets' && labels.dtype === 'int32' && labels.rank === 1)
    throw new TypeError(
      `${owner}: integer labels [n] can't be mixed as targets; use labels: 'losses', or one-hot labels`,
    );
  const discrete = labels.dtype === 'int32' || labels.dtype === 'bool';

  // A scope, so that nothing stays where the second half of the work fails.
  return tf.tidy(() => {
    const order = tf.tensor1d(Int32Array.from(partners), 'int32');
    const share = tf.tensor1d(Float32Array.from(lambda), 'float32');
    const mixed: MixedBatch = {
      x: mapTensors(x, (input) => mixInput(input, tf.gather(input, order), share)),
      y: {
        kind: 'mixed',
        mixes: mixing === 'auto' ? (discrete ? 'losses' : 'targets') : mixing,
        first: tf.clone(labels),
        second: tf.gather(labels, order),
        lambda: share,
        ...(weights && {
          weights: { first: tf.clone(weights), second: tf.gather(weights, order) },
        }),
      },
    };
    return mixed as MixedBatch & tf.TensorContainerObject;
  });
}

function targetTensor(owner: string, y: Target): tf.Tensor {
  if (isMixed(y)) throw new Error(`${owner}: the target of this batch is mixed already`);
  const tensors = tensorsOf(y);
  const [labels] = tensors;
  if (!labels || tensors.length > 1)
    throw new Error(`${owner}: takes one target tensor, got ${tensors.length}`);
  return labels;
}
