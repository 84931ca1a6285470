import type { TensorInfo } from '@tensorflow/tfjs';
import { sizeOf } from '../heap.ts';
import { addresses } from './address.ts';
import { produce } from './produce.ts';
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
  const [p, g, m, v] = addresses(backend, [parameter, gradient, expAvg, expAvgSq]);
  const { shape } = parameter;
  return produce(backend, [shape, shape, shape], [], ([moved, first, second]) => {
    side.adam(
      p,
      g,
      m,
      v,
      moved,
      first,
      second,
      sizeOf(shape),
      beta1,
      1 - beta1,
      beta2,
      1 - beta2,
      eps,
      stepSize,
      shrink,
      weightDecay,
    );
  });
});
