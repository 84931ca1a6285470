import { sizeOf } from '../heap.ts';
import { address, addresses } from './address.ts';
import { fusedOverride } from './fused-override.ts';
import { produce } from './produce.ts';

/** The update of `sgd`, in one pass. */
export const sgdUpdate = fusedOverride('TfloopSgdUpdate', ({ inputs, attrs, backend }, side) => {
  const { parameter, gradient, buffer } = inputs;
  const { lr, momentum, entering, weightDecay, nesterov } = attrs;
  const [p, g] = addresses(backend, [parameter, gradient]);
  const size = sizeOf(parameter.shape);
  const { shape } = parameter;
  if (!buffer)
    return produce(backend, [shape], [], ([moved]) => {
      side.sgd(p, g, moved, size, lr, weightDecay);
    });
  const b = address(backend, buffer);
  return produce(backend, [shape, shape], [], ([moved, next]) => {
    side.sgdMomentum(
      p,
      g,
      b,
      moved,
      next,
      size,
      lr,
      weightDecay,
      momentum,
      entering,
      Number(nesterov),
    );
  });
});
