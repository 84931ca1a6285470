import * as tf from '@tensorflow/tfjs';

/** A tensor in the host's memory. */
export interface HostTensor {
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly shape: readonly number[];
  /** As many as the shape says; `bool` has a byte each. */
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/** Reads tensors from the device, all of them at once. Throws where one holds strings or complex numbers. */
export async function toHost(
  tensors: Iterable<readonly [string, tf.Tensor]>,
): Promise<Map<string, HostTensor>> {
  const read = [...tensors].map(async ([name, tensor]) => {
    const { dtype, shape } = tensor;
    if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
      throw new TypeError(
        `checkpoint: "${name}" is of type ${dtype}; only float32, int32 and bool can be kept`,
      );
    const values: HostTensor['values'] = await tensor.data();
    return [name, { dtype, shape, values }] as const;
  });
  return new Map(await Promise.all(read));
}

/** Puts tensors on the device; the caller owns them. */
export function toDevice(tensors: ReadonlyMap<string, HostTensor>): Map<string, tf.Tensor> {
  return new Map(
    [...tensors].map(([name, { dtype, shape, values }]) => [
      name,
      tf.tensor(values, [...shape], dtype),
    ]),
  );
}
