import { tidy } from '@tensorflow/tfjs';
import type { TensorInfo } from '@tensorflow/tfjs';
import { arithmetic } from './arithmetic.ts';
import { override } from './override.ts';

interface Inputs {
  readonly parameter: TensorInfo;
  readonly gradient: TensorInfo;
  readonly buffer?: TensorInfo;
}

interface Attrs {
  readonly lr: number;
  readonly momentum: number;
  readonly entering: number;
  readonly weightDecay: number;
  readonly nesterov: boolean;
}

/**
 * The update of `sgd`, op by op past the engine. TensorFlow's own update of variables in place is no faster, as it has
 * to copy what a snapshot may share.
 */
export const sgdUpdate = override<Inputs, Attrs>(
  'TfloopSgdUpdate',
  'fused',
  ({ inputs: { parameter, gradient, buffer }, attrs, backend }) => {
    const { lr, momentum, entering, weightDecay, nesterov } = attrs;
    const { add, mul, sub } = arithmetic(backend);
    return tidy(() => {
      const g = weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));
      if (!buffer) return [sub(parameter, mul(g, lr))];
      const next = add(mul(buffer, momentum), entering === 1 ? g : mul(g, entering));
      const direction = nesterov ? add(g, mul(next, momentum)) : next;
      return [sub(parameter, mul(direction, lr)), next];
    });
  },
);
