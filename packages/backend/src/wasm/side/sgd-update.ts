import type { TensorInfo } from '@tensorflow/tfjs';
import { allocate, sizeOf } from '../heap.ts';
import { address } from './address.ts';
import { sideOverride } from './side-override.ts';

/** What goes into an update of every optimizer. */
export interface Moving {
  readonly parameter: TensorInfo;
  readonly gradient: TensorInfo;
}

/** The update of `sgd`, in one pass. */
export const sgdUpdate = sideOverride<
  Moving & { readonly buffer?: TensorInfo },
  {
    readonly lr: number;
    readonly momentum: number;
    readonly entering: number;
    readonly weightDecay: number;
    readonly nesterov: boolean;
  }
>('TfloopSgdUpdate', 'fused', ({ inputs, attrs, backend }, side) => {
  const { parameter, gradient, buffer } = inputs;
  const { lr, momentum, entering, weightDecay, nesterov } = attrs;
  const p = address(backend, parameter);
  const g = address(backend, gradient);
  const moved = allocate(backend, parameter.shape, 'float32');
  const to = address(backend, moved);
  const size = sizeOf(parameter.shape);
  if (!buffer) {
    side.sgd(p, g, to, size, lr, weightDecay);
    return [moved];
  }
  const b = address(backend, buffer);
  const next = allocate(backend, parameter.shape, 'float32');
  side.sgdMomentum(
    p,
    g,
    b,
    to,
    address(backend, next),
    size,
    lr,
    weightDecay,
    momentum,
    entering,
    Number(nesterov),
  );
  return [moved, next];
});
