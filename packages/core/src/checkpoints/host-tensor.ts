import * as tf from '@tensorflow/tfjs';

/** A tensor's values outside the device, in row-major order. */
export type HostTensor = {
  readonly shape: readonly number[];
} & (
  | { readonly dtype: 'float32'; readonly values: Float32Array }
  | { readonly dtype: 'int32'; readonly values: Int32Array }
  /** A byte an element, 0 or 1. */
  | { readonly dtype: 'bool'; readonly values: Uint8Array }
);

/** Reads a tensor from the device. Throws a TypeError where its dtype is none that a checkpoint can hold. */
export async function toHost(name: string, tensor: tf.Tensor): Promise<HostTensor> {
  const { dtype, shape } = tensor;
  switch (dtype) {
    case 'float32':
      return { dtype, shape, values: await tensor.data<'float32'>() };
    case 'int32':
      return { dtype, shape, values: await tensor.data<'int32'>() };
    case 'bool':
      return { dtype, shape, values: await tensor.data<'bool'>() };
    default:
      throw new TypeError(
        `checkpoint: the tensor "${name}" has the dtype ${dtype}; a checkpoint holds float32, int32 and bool`,
      );
  }
}

/** Makes tensors by name, which the caller owns. */
export function toTensors(hosts: ReadonlyMap<string, HostTensor>): Map<string, tf.Tensor> {
  const tensors = new Map<string, tf.Tensor>();
  try {
    for (const [name, { values, shape, dtype }] of hosts)
      tensors.set(name, tf.tensor(values, [...shape], dtype));
    return tensors;
  } catch (error) {
    tf.dispose([...tensors.values()]);
    throw error;
  }
}
