import type * as tf from '@tensorflow/tfjs';
import { sha256 } from './sha256.ts';

/** A text that differs where the values, shapes or types of tensors do. Waits for the device. */
export async function digestOf(tensors: readonly tf.Tensor[]): Promise<string> {
  const kinds = tensors.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join();
  return sha256([new TextEncoder().encode(kinds), ...(await Promise.all(tensors.map(bytesOf)))]);
}

async function bytesOf(tensor: tf.Tensor): Promise<Uint8Array> {
  const values: Float32Array | Int32Array | Uint8Array | string[] = await tensor.data();
  if (Array.isArray(values)) return new TextEncoder().encode(JSON.stringify(values));
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
