import type { TensorInfo } from '@tensorflow/tfjs';
import { arithmetic } from './arithmetic.ts';
import { chain, type Operand } from './chain.ts';
import { fusedOverride } from './fused-override.ts';
import type { Made } from './tensorflow.ts';

const FLOAT32_EPSILON = 2 ** -23;

/** The update of `rmsprop`, op by op past the engine: TensorFlow's own has its epsilon within the root. */
export const rmspropUpdate = fusedOverride(
  'TfloopRmspropUpdate',
  ({ inputs, attrs: { lr, alpha, eps, momentum, weightDecay }, backend }) => {
    const { parameter, gradient, squareAvg, gradAvg, buffer } = inputs;
    return chain(backend, ({ run }) => {
      const { add, sub, mul, div, maximum, sqrt, square } = arithmetic(backend, run);
      const average = (old: TensorInfo, of: Operand): Made =>
        add(mul(old, alpha), mul(of, 1 - alpha));
      const g = weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));
      const squares = average(squareAvg, square(g));
      const mean = gradAvg && average(gradAvg, g);
      const variance = mean
        ? maximum(sub(squares, square(mean)), mul(squares, FLOAT32_EPSILON))
        : squares;
      const share = div(g, add(sqrt(variance), eps));
      const direction = buffer ? add(mul(buffer, momentum), share) : share;
      return [
        sub(parameter, mul(direction, lr)),
        squares,
        ...(mean ? [mean] : []),
        ...(buffer ? [direction] : []),
      ];
    });
  },
);
