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

/** Reads tensors from the device, all of them at once. Throws a TypeError where a dtype is none of a checkpoint's. */
export async function toHost(
  tensors: Iterable<readonly [name: string, tensor: tf.Tensor]>,
): Promise<Map<string, HostTensor>> {
  return new Map(
    await Promise.all(
      [...tensors].map(async ([name, tensor]) => [name, await hostOf(name, tensor)] as const),
    ),
  );
}

/** Puts tensors on the device, all of them or none; the caller owns them. */
export function toDevice(hosts: ReadonlyMap<string, HostTensor>): Map<string, tf.Tensor> {
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

async function hostOf(name: string, tensor: tf.Tensor): Promise<HostTensor> {
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
