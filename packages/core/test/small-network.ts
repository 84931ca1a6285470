import * as tf from '@tensorflow/tfjs';

/** A convolution and a dense layer of fixed weights, which float32 holds exactly. */
export function smallNetwork(): tf.LayersModel {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        name: 'conv',
        inputShape: [7, 5, 2],
        filters: 3,
        kernelSize: [3, 2],
        strides: 2,
        activation: 'relu',
      }),
      tf.layers.flatten(),
      tf.layers.dense({ name: 'logits', units: 4 }),
    ],
  });
  tf.tidy(() =>
    model.setWeights(model.getWeights().map(({ shape }, i) => filled(shape, 37 + i, 101, 50, 64))),
  );
  return model;
}

/** Two images `[7, 5, 2]`; the caller owns them. */
export function smallImages(): tf.Tensor {
  return filled([2, 7, 5, 2], 7, 11, 5, 4);
}

/** `((i · step) mod modulus − offset) / divisor`. */
function filled(
  shape: (number | null)[],
  step: number,
  modulus: number,
  offset: number,
  divisor: number,
): tf.Tensor {
  const sizes = shape.map(Number);
  const size = sizes.reduce((product, n) => product * n, 1);
  const value = (_: unknown, i: number) => (((i * step) % modulus) - offset) / divisor;
  return tf.tensor(Float32Array.from({ length: size }, value), sizes);
}
