import type { LeakyReluAttrs, TensorInfo } from '@tensorflow/tfjs';
import type { Override } from '../overrides/override.ts';
import { override } from './override.ts';
import { map, type MapName } from './side/elementwise.ts';
import { sideKernels } from './side/side-module.ts';

/** A function of each float32 number, by the side module; the stock kernel takes them one by one. */
function activation(kernelName: string, name: Exclude<MapName, 'leakyRelu'>): Override {
  return override<{ x: TensorInfo }, object>(
    kernelName,
    'slow',
    ({ inputs: { x }, backend }, stock) =>
      sideKernels(backend) && x.dtype === 'float32' ? map(backend, name, x, {}) : stock(),
  );
}

const leakyRelu = override<{ x: TensorInfo }, LeakyReluAttrs>(
  'LeakyRelu',
  'slow',
  ({ inputs: { x }, attrs: { alpha }, backend }, stock) =>
    sideKernels(backend) && x.dtype === 'float32'
      ? map(backend, 'leakyRelu', x, { alpha })
      : stock(),
);

/** Activations, and what they are composed of. */
export const activations: readonly Override[] = [
  activation('Erf', 'erf'),
  activation('Exp', 'exp'),
  leakyRelu,
  activation('Selu', 'selu'),
  activation('Softplus', 'softplus'),
  activation('Tanh', 'tanh'),
];
