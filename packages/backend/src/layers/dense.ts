import { add, layers, matMul, tidy } from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { methodOverride } from '../overrides/method-override.ts';
import type { LayerCall } from './layer-call.ts';

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
export const dense = methodOverride<LayerCall<Dense>>(
  'Dense layer',
  'slow',
  () => Object.getPrototypeOf(layers.dense({ units: 1 })) as { call: LayerCall<Dense> },
  (stock) =>
    function call(inputs, kwargs) {
      const [x, ...others] = Array.isArray(inputs) ? inputs : [inputs];
      const isPlain =
        kwargs.training === true &&
        x?.rank === 2 &&
        others.length === 0 &&
        this.activation.getClassName() === 'linear';
      if (!isPlain) return stock.call(this, inputs, kwargs);
      this.invokeCallHook(inputs, kwargs);
      return tidy(() => {
        const y = matMul(x, this.kernel.read());
        return this.bias === null ? y : add(y, this.bias.read());
      });
    },
);
