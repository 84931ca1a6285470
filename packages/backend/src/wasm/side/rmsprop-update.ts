import { sizeOf } from '../heap.ts';
import { addressOr0, namedAddresses } from './address.ts';
import { fusedOverride } from './fused-override.ts';
import { produce } from './produce.ts';

/** The update of `rmsprop`, in one pass. */
export const rmspropUpdate = fusedOverride(
  'TfloopRmspropUpdate',
  ({ inputs, attrs, backend }, side) => {
    const { parameter, gradient, squareAvg, gradAvg, buffer } = inputs;
    const { shape } = parameter;
    const from = {
      gradAvg: addressOr0(backend, gradAvg),
      buffer: addressOr0(backend, buffer),
      ...namedAddresses(backend, { parameter, gradient, squareAvg }),
    };
    const others = [gradAvg, buffer].filter((info) => info !== undefined).map(() => shape);
    return produce(backend, [shape, shape, ...others], [], ([moved, newSquareAvg, ...rest]) => {
      // What there is of mean and buffer, in this order.
      const newGradAvg = (gradAvg && rest[0]) ?? 0;
      const newBuffer = (buffer && rest.at(-1)) ?? 0;
      const to = { moved, newSquareAvg, newGradAvg, newBuffer };
      side.rmsprop({ size: sizeOf(shape), rest: 1 - attrs.alpha, ...to, ...from, ...attrs });
    });
  },
);
