import type { TensorInfo } from '@tensorflow/tfjs';
import { allocate, sizeOf } from '../heap.ts';
import { address } from './address.ts';
import type { Moving } from './sgd-update.ts';
import { sideOverride } from './side-override.ts';

/** The update of `adam` and `adamw`, in one pass. */
export const adamUpdate = sideOverride<
  Moving & { readonly expAvg: TensorInfo; readonly expAvgSq: TensorInfo },
  {
    readonly beta1: number;
    readonly beta2: number;
    readonly eps: number;
    readonly stepSize: number;
    readonly shrink: number;
    readonly weightDecay: number;
  }
>('TfloopAdamUpdate', 'fused', ({ inputs, attrs, backend }, side) => {
  const { parameter, gradient, expAvg, expAvgSq } = inputs;
  const { beta1, beta2, eps, stepSize, shrink, weightDecay } = attrs;
  const from = [parameter, gradient, expAvg, expAvgSq].map((info) => address(backend, info));
  const [p = 0, g = 0, m = 0, v = 0] = from;
  const out = [0, 1, 2].map(() => allocate(backend, parameter.shape, 'float32'));
  const [moved = 0, first = 0, second = 0] = out.map((info) => address(backend, info));
  side.adam(
    p,
    g,
    m,
    v,
    moved,
    first,
    second,
    sizeOf(parameter.shape),
    beta1,
    1 - beta1,
    beta2,
    1 - beta2,
    eps,
    stepSize,
    shrink,
    weightDecay,
  );
  return out;
});
