import { tidy } from '@tensorflow/tfjs';
import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import { arithmetic } from './arithmetic.ts';
import { override } from './override.ts';

interface Inputs {
  readonly parameter: TensorInfo;
  readonly gradient: TensorInfo;
  readonly squareAvg: TensorInfo;
  readonly gradAvg?: TensorInfo;
  readonly buffer?: TensorInfo;
}

interface Attrs {
  readonly lr: number;
  readonly alpha: number;
  readonly eps: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

const FLOAT32_EPSILON = 2 ** -23;

/** The update of `rmsprop`, op by op past the engine: TensorFlow's own has its epsilon within the root. */
export const rmspropUpdate = override<Inputs, Attrs>(
  'TfloopRmspropUpdate',
  'fused',
  ({ inputs, attrs: { lr, alpha, eps, momentum, weightDecay }, backend }) => {
    const { parameter, gradient, squareAvg, gradAvg, buffer } = inputs;
    const { add, sub, mul, div, maximum, sqrt, square } = arithmetic(backend);
    const average = (old: TensorInfo, of: TensorInfo): Tensor =>
      add(mul(old, alpha), mul(of, 1 - alpha));
    return tidy(() => {
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
