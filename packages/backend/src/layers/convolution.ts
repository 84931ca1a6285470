import { add, conv2d, layers, tidy } from '@tensorflow/tfjs';
import type { Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import type { LayerCall } from './layer-call.ts';
import { ourEngine } from './our-engine.ts';
import { trainingLayer } from './training-layer.ts';

/** What is used of a convolutional layer: most of it is in no type of TensorFlow.js. */
interface Convolution {
  readonly rank: number;
  readonly strides: [number, number];
  readonly padding: string;
  readonly dataFormat: string;
  readonly dilationRate: [number, number];
  readonly activation: { getClassName(): string };
  readonly kernel: { read(): Tensor4D };
  readonly bias: { read(): Tensor } | null;
}

/**
 * Convolutional layers without an activation of their own, in training, as a convolution and a sum: the gradient of the two
 * as one computes that of the layer's input too, which nobody asks for at the first layer.
 */
export const convolution = trainingLayer<Convolution>(
  'Conv2D layer',
  'slow',
  () => ownerOfCall(layers.conv2d({ filters: 1, kernelSize: 1 })),
  (layer, x) => {
    const { padding } = layer;
    const isPlain =
      ourEngine() &&
      x.rank === 4 &&
      layer.rank === 2 &&
      layer.dataFormat === 'channelsLast' &&
      layer.activation.getClassName() === 'linear' &&
      (padding === 'same' || padding === 'valid');
    if (!isPlain) return undefined;
    return tidy(() => {
      const images = x as Tensor3D | Tensor4D;
      const { kernel, strides, dilationRate, bias } = layer;
      const y = conv2d(images, kernel.read(), strides, padding, 'NHWC', dilationRate);
      return bias === null ? y : add(y, bias.read());
    });
  },
);

/** The prototype that all convolutions have their `call` from. */
function ownerOfCall(layer: object): { call: LayerCall<Convolution> } {
  let owner: unknown = layer;
  while (!Object.hasOwn(owner as object, 'call')) owner = Object.getPrototypeOf(owner);
  return owner as { call: LayerCall<Convolution> };
}
