import { add, layers, matMul, tidy } from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { LayerCall } from './layer-call.ts';
import { ourEngine } from './our-engine.ts';
import { trainingLayer } from './training-layer.ts';

/** What is used of a dense layer: most of it is in no type of TensorFlow.js. */
interface Dense {
  readonly activation: { getClassName(): string };
  readonly kernel: { read(): Tensor };
  readonly bias: { read(): Tensor } | null;
  invokeCallHook(inputs: Tensor | Tensor[], kwargs: object): void;
}

/**
 * Dense layers without an activation, in training, as a product and a sum: the operation for the two as one makes batches of
 * one of its matrices and takes them back, forward and backward, and computes gradients that nobody asks for.
 */
export const dense = trainingLayer<Dense>(
  'Dense layer',
  'slow',
  () => Object.getPrototypeOf(layers.dense({ units: 1 })) as { call: LayerCall<Dense> },
  (layer, x, kwargs) => {
    if (!ourEngine() || x.rank !== 2 || layer.activation.getClassName() !== 'linear')
      return undefined;
    layer.invokeCallHook(x, kwargs);
    return tidy(() => {
      const y = matMul(x, layer.kernel.read());
      return layer.bias === null ? y : add(y, layer.bias.read());
    });
  },
);
