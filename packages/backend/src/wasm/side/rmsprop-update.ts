import type { TensorInfo } from '@tensorflow/tfjs';
import { allocate, sizeOf } from '../heap.ts';
import { address, addressOr0 } from './address.ts';
import type { Moving } from './sgd-update.ts';
import { sideOverride } from './side-override.ts';

/** The update of `rmsprop`, in one pass. */
export const rmspropUpdate = sideOverride<
  Moving & {
    readonly squareAvg: TensorInfo;
    readonly gradAvg?: TensorInfo;
    readonly buffer?: TensorInfo;
  },
  {
    readonly lr: number;
    readonly alpha: number;
    readonly eps: number;
    readonly momentum: number;
    readonly weightDecay: number;
  }
>('TfloopRmspropUpdate', 'fused', ({ inputs, attrs, backend }, side) => {
  const { parameter, gradient, squareAvg, gradAvg, buffer } = inputs;
  const { lr, alpha, eps, momentum, weightDecay } = attrs;
  const make = (): TensorInfo => allocate(backend, parameter.shape, 'float32');
  const [p, g, s] = [parameter, gradient, squareAvg].map((info) => address(backend, info));
  const [a, b] = [gradAvg, buffer].map((info) => addressOr0(backend, info));
  const [moved, square] = [make(), make()];
  const mean = gradAvg && make();
  const newBuffer = buffer && make();
  side.rmsprop(
    p ?? 0,
    g ?? 0,
    s ?? 0,
    a ?? 0,
    b ?? 0,
    address(backend, moved),
    address(backend, square),
    addressOr0(backend, mean),
    addressOr0(backend, newBuffer),
    sizeOf(parameter.shape),
    lr,
    alpha,
    1 - alpha,
    eps,
    momentum,
    weightDecay,
  );
  return [moved, square, mean, newBuffer].filter((info) => info !== undefined);
});
