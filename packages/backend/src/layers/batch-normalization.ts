import { engine, layers, mul, sub, tidy } from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { registerBatchNormGradient } from '../fused/batch-norm-gradient.ts';
import { hasKernels, runKernel } from '../fused/fused-kernels.ts';
import { rectifiedAnswers, type LayerCall } from './layer-call.ts';
import { trainingLayer } from './training-layer.ts';

/** What is used of a batch norm layer: most of it is in no type of TensorFlow.js. */
interface BatchNormalization {
  readonly axis: number;
  readonly epsilon: number;
  readonly momentum: number;
  readonly center: boolean;
  readonly scale: boolean;
  readonly gamma: Weight;
  readonly beta: Weight;
  readonly movingMean: Weight;
  readonly movingVariance: Weight;
}

interface Weight {
  read(): Tensor;
  write(value: Tensor): unknown;
}

/**
 * Batch norm layers of all models, in training, as one kernel forward and one backward where the back end has them. What
 * has no kernel (another axis than the last, no scale or no offset) runs as it always did.
 */
export const batchNormalization = trainingLayer<BatchNormalization>(
  'BatchNormalization layer',
  'fused',
  // tfjs exports a function that makes one, and not their class.
  () =>
    Object.getPrototypeOf(layers.batchNormalization()) as { call: LayerCall<BatchNormalization> },
  (layer, x, { rectified }) => {
    const isFused =
      x.dtype === 'float32' &&
      x.rank >= 2 &&
      x.size > 0 &&
      (layer.axis === -1 || layer.axis === x.rank - 1) &&
      layer.center &&
      layer.scale &&
      // The gradients have none themselves.
      engine().state.gradientDepth < 2 &&
      hasKernels('TfloopBatchNorm', 'TfloopBatchNormGrad');
    if (!isFused) return undefined;
    registerBatchNormGradient();
    const relu = rectified?.has(layer) === true;
    return tidy(() => {
      const [y, mean, variance] = runKernel(
        'TfloopBatchNorm',
        { x, scale: layer.gamma.read(), offset: layer.beta.read() },
        { epsilon: layer.epsilon, relu },
      );
      moveTowards(layer.movingMean, mean, layer.momentum);
      moveTowards(layer.movingVariance, variance, layer.momentum);
      if (relu) rectifiedAnswers.add(y);
      return y;
    });
  },
);

/** One step of an exponential moving average, as the layer itself makes it. */
function moveTowards(average: Weight, value: Tensor, momentum: number): void {
  const old = average.read();
  const share = 1 - momentum;
  average.write(
    hasKernels('TfloopMoveTowards')
      ? runKernel('TfloopMoveTowards', { average: old, value }, { share })[0]
      : sub(old, mul(sub(old, value), share)),
  );
}
