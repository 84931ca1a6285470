import { engine, getGradient, matMul, mul, registerGradient, step, sum } from '@tensorflow/tfjs';
import type { GradConfig, Tensor, Tensor2D } from '@tensorflow/tfjs';
import type { DenseKernels } from './dense-kernels.ts';
import { hasKernels, runKernel } from './fused-kernels.ts';

/** Makes `TfloopDense` differentiable, as often as anybody asks for. */
export function registerDenseGradient(): void {
  const registered = getGradient('TfloopDense') as GradConfig | undefined;
  if (registered) return;
  registerGradient({
    kernelName: 'TfloopDense',
    inputsToSave: ['x', 'kernel'],
    outputsToSave: [true],
    gradFunc(dys, saved, attrs) {
      // Of a kernel with one result it is no list.
      const dy = dys as Tensor;
      const [x, kernel, y] = saved as Tensor2D[];
      if (!x || !kernel || !y)
        throw new Error('@tfloop/backend: the engine saved too little of TfloopDense');
      const { relu } = attrs as unknown as DenseKernels['TfloopDense']['attrs'];
      const dz = (relu ? beforeRelu(dy, y) : dy) as Tensor2D;
      return {
        x: () => matMul(dz, kernel, false, true),
        kernel: () => matMul(x, dz, true, false),
        bias: () => sum(dz, 0),
      };
    },
  });
}

function beforeRelu(dy: Tensor, y: Tensor): Tensor {
  // The kernel has no gradient of its own, which gradients of gradients would need.
  if (engine().state.gradientDepth > 0 || !hasKernels('TfloopReluGrad')) return mul(dy, step(y));
  const [dz] = runKernel('TfloopReluGrad', { dy, y }, {});
  return dz;
}
