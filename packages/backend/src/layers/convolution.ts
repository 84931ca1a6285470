import { add, conv2d, layers, tidy } from '@tensorflow/tfjs';
import type { Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import { methodOverride } from '../overrides/method-override.ts';
import type { LayerCall } from './layer-call.ts';

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
export const convolution = methodOverride<LayerCall<Convolution>>(
  'Conv2D layer',
  'slow',
  () => ownerOfCall(layers.conv2d({ filters: 1, kernelSize: 1 })),
  (stock) =>
    function call(inputs, kwargs) {
      const [x, ...others] = Array.isArray(inputs) ? inputs : [inputs];
      const isPlain =
        kwargs.training === true &&
        x !== undefined &&
        others.length === 0 &&
        x.rank === 4 &&
        this.rank === 2 &&
        this.dataFormat === 'channelsLast' &&
        this.activation.getClassName() === 'linear';
      if (!isPlain) return stock.call(this, inputs, kwargs);
      return tidy(() => {
        const pad = this.padding === 'same' ? 'same' : 'valid';
        const images = x as Tensor3D | Tensor4D;
        const y = conv2d(images, this.kernel.read(), this.strides, pad, 'NHWC', this.dilationRate);
        return this.bias === null ? y : add(y, this.bias.read());
      });
    },
);

/** The prototype that all convolutions have their `call` from. */
function ownerOfCall(layer: object): { call: LayerCall<Convolution> } {
  let owner: unknown = layer;
  while (!Object.hasOwn(owner as object, 'call')) owner = Object.getPrototypeOf(owner);
  return owner as { call: LayerCall<Convolution> };
}
