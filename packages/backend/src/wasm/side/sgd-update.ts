import { sizeOf } from '../heap.ts';
import { address, namedAddresses } from './address.ts';
import { fusedOverride } from './fused-override.ts';
import { produce } from './produce.ts';

/** The update of `sgd`, in one pass. */
export const sgdUpdate = fusedOverride('TfloopSgdUpdate', ({ inputs, attrs, backend }, side) => {
  const { parameter, gradient, buffer } = inputs;
  const { lr, momentum, entering, weightDecay } = attrs;
  const { shape } = parameter;
  const from = namedAddresses(backend, { parameter, gradient });
  const size = sizeOf(shape);
  if (!buffer)
    return produce(backend, [shape], [], ([moved]) => {
      side.sgd({ moved, size, lr, weightDecay, ...from });
    });
  const old = address(backend, buffer);
  const nesterov = Number(attrs.nesterov);
  return produce(backend, [shape, shape], [], ([moved, newBuffer]) => {
    const numbers = { size, lr, weightDecay, momentum, entering, nesterov };
    side.sgdMomentum({ buffer: old, moved, newBuffer, ...numbers, ...from });
  });
});
