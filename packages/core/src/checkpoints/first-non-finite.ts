import * as tf from '@tensorflow/tfjs';

/** The name of the first tensor with an element that is no finite number. Waits for the device, once. */
export async function firstNonFinite(
  tensors: Readonly<Record<string, tf.Tensor>>,
): Promise<string | undefined> {
  const floats = Object.entries(tensors).filter(
    ([, { dtype, size }]) => dtype === 'float32' && size > 0,
  );
  if (floats.length === 0) return undefined;
  const finite = tf.tidy(() => tf.stack(floats.map(([, tensor]) => tf.all(tf.isFinite(tensor)))));
  try {
    const values = await finite.data();
    return floats[values.findIndex((value) => !value)]?.[0];
  } finally {
    finite.dispose();
  }
}
