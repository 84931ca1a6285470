import { layers, tidy } from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { registerDenseGradient } from '../fused/dense-gradient.ts';
import { hasKernels, runKernel } from '../fused/fused-kernels.ts';
import type { LayerCall } from './layer-call.ts';
import { trainingLayer } from './training-layer.ts';

/** What is used of a dense layer: most of it is in no type of TensorFlow.js. */
interface Dense {
  readonly activation: { getClassName(): string; apply(y: Tensor): Tensor };
  readonly kernel: { read(): Tensor };
  readonly bias: { read(): Tensor } | null;
  invokeCallHook(inputs: Tensor | Tensor[], kwargs: object): void;
}

/**
 * Dense layers of all models, in training, as one kernel forward, its ReLU within it, where the back end has that; backward they
 * compute no gradient that nobody asks for.
 */
export const dense = trainingLayer<Dense>(
  'Dense layer',
  'fused',
  () => Object.getPrototypeOf(layers.dense({ units: 1 })) as { call: LayerCall<Dense> },
  (layer, x, kwargs) => {
    const kernel = layer.kernel.read();
    const isFused =
      x.rank === 2 &&
      x.dtype === 'float32' &&
      x.size > 0 &&
      // What does not fit is the stock layer's to refuse.
      x.shape[1] === kernel.shape[0] &&
      hasKernels('TfloopDense', 'TfloopReluGrad');
    if (!isFused) return undefined;
    registerDenseGradient();
    layer.invokeCallHook(x, kwargs);
    return tidy(() => {
      const { activation, bias } = layer;
      const name = activation.getClassName();
      const [y] = runKernel(
        'TfloopDense',
        { x, kernel, ...(bias && { bias: bias.read() }) },
        { relu: name === 'relu' },
      );
      return name === 'relu' || name === 'linear' ? y : activation.apply(y);
    });
  },
);
