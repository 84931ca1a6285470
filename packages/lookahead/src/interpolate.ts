import * as tf from '@tensorflow/tfjs';

/**
 * A function for `from + share · (to − from)`, where `share` is from 0 to 1.
 *
 * Exact where it matters: equal ends stay as they are bit for bit, share 0 gives `from` and share 1 gives `to`.
 * To be made and called within one `tf.tidy`, which frees the number that it keeps on the device.
 */
export function interpolation(share: number): (from: tf.Tensor, to: tf.Tensor) => tf.Tensor {
  // Going the shorter way, and from the nearer end, is what makes both ends exact.
  const nearer = tf.scalar(share < 0.5 ? share : 1 - share);
  return (from, to) => {
    const way = tf.mul(tf.sub(to, from), nearer);
    return share < 0.5 ? tf.add(from, way) : tf.sub(to, way);
  };
}
