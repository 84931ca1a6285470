import { sizeOf } from '../heap.ts';
import { namedAddresses } from './address.ts';
import { fusedOverride } from './fused-override.ts';
import { produce } from './produce.ts';

/** The update of `adam` and `adamw`, in one pass. */
export const adamUpdate = fusedOverride('TfloopAdamUpdate', ({ inputs, attrs, backend }, side) => {
  const { shape } = inputs.parameter;
  const from = namedAddresses(backend, inputs);
  const { beta1, beta2 } = attrs;
  return produce(backend, [shape, shape, shape], [], ([moved, newExpAvg, newExpAvgSq]) => {
    const to = { moved, newExpAvg, newExpAvgSq };
    const size = sizeOf(shape);
    side.adam({ size, rest1: 1 - beta1, rest2: 1 - beta2, ...to, ...from, ...attrs });
  });
});
