import { arithmetic } from './arithmetic.ts';
import { chain } from './chain.ts';
import { fusedOverride } from './fused-override.ts';

/**
 * The update of `sgd`, op by op past the engine. TensorFlow's own update of variables in place is no faster, as it has
 * to copy what a snapshot may share.
 */
export const sgdUpdate = fusedOverride(
  'TfloopSgdUpdate',
  ({ inputs: { parameter, gradient, buffer }, attrs, backend }) => {
    const { lr, momentum, entering, weightDecay, nesterov } = attrs;
    return chain(backend, ({ run }) => {
      const { add, mul, sub } = arithmetic(backend, run);
      const g = weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));
      if (!buffer) return [sub(parameter, mul(g, lr))];
      const next = add(mul(buffer, momentum), entering === 1 ? g : mul(g, entering));
      const direction = nesterov ? add(g, mul(next, momentum)) : next;
      return [sub(parameter, mul(direction, lr)), next];
    });
  },
);
