import * as tf from '@tensorflow/tfjs';
import type { StepLoop } from '@tfloop/core';
import { wandbHistogram } from './media/histogram.ts';
import type { WandbMedia } from './media/media.ts';

/** Euclidean norms of all gradients and weights, together and one by one. The caller disposes of them. */
export function weightNorms({ grads, parameters }: StepLoop): Record<string, tf.Scalar> {
  return tf.tidy(() => ({
    ...normsOf('gradients', grads),
    ...normsOf('weights', parameters),
  }));
}

function normsOf(kind: string, tensors: ReadonlyMap<string, tf.Tensor>): Record<string, tf.Scalar> {
  const squares = [...tensors].map(
    ([name, tensor]) => [name, tf.sum<tf.Scalar>(tf.square(tensor))] as const,
  );
  if (squares.length === 0) return {};
  return {
    [`${kind}/norm`]: tf.sqrt(tf.addN(squares.map(([, square]) => square))),
    ...Object.fromEntries(
      squares.map(([name, square]) => [`${kind}/${name}/norm`, tf.sqrt(square)]),
    ),
  };
}

/** Histograms of all gradients and weights. Waits for the device. */
export async function weightHistograms({
  grads,
  parameters,
}: StepLoop): Promise<Record<string, WandbMedia>> {
  const tensors = [
    ...[...grads].map(([name, tensor]) => [`gradients/${name}`, tensor] as const),
    ...[...parameters].map(([name, tensor]) => [`weights/${name}`, tensor] as const),
  ];
  const histograms = tensors.map(async ([key, tensor]) => {
    const values = await tensor.data<'float32'>();
    return [key, wandbHistogram({ values })] as const;
  });
  return Object.fromEntries(await Promise.all(histograms));
}
