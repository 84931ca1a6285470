import { sizeOf } from '../heap.ts';
import { addresses, addressOr0 } from './address.ts';
import { fusedOverride } from './fused-override.ts';
import { produce } from './produce.ts';

/** The update of `rmsprop`, in one pass. */
export const rmspropUpdate = fusedOverride(
  'TfloopRmspropUpdate',
  ({ inputs, attrs, backend }, side) => {
    const { parameter, gradient, squareAvg, gradAvg, buffer } = inputs;
    const { lr, alpha, eps, momentum, weightDecay } = attrs;
    const [p, g, s] = addresses(backend, [parameter, gradient, squareAvg]);
    const [a, b] = [addressOr0(backend, gradAvg), addressOr0(backend, buffer)];
    const { shape } = parameter;
    const others = [gradAvg, buffer].filter((info) => info !== undefined).map(() => shape);
    return produce(backend, [shape, shape, ...others], [], ([moved, square, ...rest]) => {
      // What there is of mean and buffer, in this order.
      const mean = gradAvg ? rest[0] : 0;
      const next = buffer ? rest.at(-1) : 0;
      side.rmsprop(
        p,
        g,
        s,
        a,
        b,
        moved,
        square,
        mean ?? 0,
        next ?? 0,
        sizeOf(shape),
        lr,
        alpha,
        1 - alpha,
        eps,
        momentum,
        weightDecay,
      );
    });
  },
);
