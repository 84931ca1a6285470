import { sizeOf } from '../heap.ts';
import { addresses } from './address.ts';
import { fusedOverride } from './fused-override.ts';
import { produce } from './produce.ts';

/** The update of `adam` and `adamw`, in one pass. */
export const adamUpdate = fusedOverride('TfloopAdamUpdate', ({ inputs, attrs, backend }, side) => {
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
