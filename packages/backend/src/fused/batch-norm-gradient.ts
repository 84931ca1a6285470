import { getGradient, registerGradient } from '@tensorflow/tfjs';
import type { GradConfig, Tensor } from '@tensorflow/tfjs';
import type { BatchNormKernels } from './batch-norm-kernels.ts';
import { runKernel } from './fused-kernels.ts';

/** Makes `TfloopBatchNorm` differentiable, by `TfloopBatchNormGrad`; `mean` and `variance` have no gradient. */
export function registerBatchNormGradient(): void {
  const registered = getGradient('TfloopBatchNorm') as GradConfig | undefined;
  if (registered) return;
  registerGradient({
    kernelName: 'TfloopBatchNorm',
    inputsToSave: ['x', 'scale'],
    outputsToSave: [true, true, true],
    gradFunc: (dys, saved, attrs) => {
      const [dy] = dys as Tensor[];
      const [x, scale, y, mean, variance] = saved;
      if (!dy || !x || !scale || !y || !mean || !variance)
        throw new Error('@tfloop/backend: the engine saved too little of TfloopBatchNorm');
      const [dx, dScale, dOffset] = runKernel(
        'TfloopBatchNormGrad',
        { dy, x, y, scale, mean, variance },
        attrs as unknown as BatchNormKernels['TfloopBatchNormGrad']['attrs'],
      );
      return { x: () => dx, scale: () => dScale, offset: () => dOffset };
    },
  });
}
