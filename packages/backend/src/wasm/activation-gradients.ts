import { engine } from '@tensorflow/tfjs';
import type { KernelBackend, Tensor, TensorInfo } from '@tensorflow/tfjs';
import { ofReluOutput, type Saved } from '../overrides/gradient-override.ts';
import type { Override } from '../overrides/override.ts';
import { unaryGradients, type UnaryGradientCall } from '../overrides/unary-gradient.ts';
import type { WasmBackend } from './heap.ts';
import { slope, type SlopeName } from './side/elementwise.ts';
import { whereSide } from './side/where-side.ts';

type Backend = WasmBackend & KernelBackend;
type Call = UnaryGradientCall<Backend, object>;

const gradient = unaryGradients<Backend>('wasm');

/** The gradient of an activation in one pass; stock ones take up to eight kernels. */
function activationGradient(
  kernelName: string,
  name: Exclude<SlopeName, 'leakyReluGrad'>,
  save?: Saved,
): Override {
  const of = ({ backend, dy, saved }: Call): Tensor =>
    tensorOf(backend, slope(backend, name, { dy, saved }, {}));
  return whereSide(gradient(kernelName, of, save));
}

const leakyRelu = whereSide(
  gradient<{ readonly alpha: number }>('LeakyRelu', ({ backend, dy, saved, attrs: { alpha } }) =>
    tensorOf(backend, slope(backend, 'leakyReluGrad', { dy, saved }, { alpha })),
  ),
);

/** Of activations, and of what they are composed of. */
export const activationGradients: readonly Override[] = [
  activationGradient('Elu', 'eluGrad'),
  activationGradient('Erf', 'erfGrad'),
  leakyRelu,
  activationGradient('Relu', 'reluGrad', ofReluOutput),
  activationGradient('Relu6', 'relu6Grad'),
  activationGradient('Selu', 'seluGrad'),
  activationGradient('Sigmoid', 'sigmoidGrad'),
  activationGradient('Softplus', 'softplusGrad'),
  activationGradient('Tanh', 'tanhGrad'),
];

function tensorOf(backend: Backend, info: TensorInfo): Tensor {
  return engine().makeTensorFromTensorInfo(info, backend);
}
