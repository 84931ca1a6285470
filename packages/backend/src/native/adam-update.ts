import { util } from '@tensorflow/tfjs';
import { arithmetic } from './arithmetic.ts';
import { chain, type Operand } from './chain.ts';
import { fusedOverride } from './fused-override.ts';
import { bool, floats, type Made } from './tensorflow.ts';
import { inPlace } from './variables.ts';

/**
 * The update of `adam` and `adamw`, by TensorFlow's own in one pass; what its beta powers would do is in the step size.
 */
export const adamUpdate = fusedOverride(
  'TfloopAdamUpdate',
  ({ inputs: { parameter, gradient, expAvg, expAvgSq }, attrs, backend }) => {
    const { beta1, beta2, eps, stepSize, shrink, weightDecay } = attrs;
    return chain(backend, (ops) => {
      const { add, mul } = arithmetic(backend, ops.run);
      const scaled = <T extends Operand>(x: T, by: number): T | Made => (by === 1 ? x : mul(x, by));
      const g = weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));
      const first = excess(beta1);
      const second = excess(beta2);
      const root = Math.sqrt(second);
      const [moved, m, v] = inPlace(
        backend,
        ops,
        'ResourceApplyAdam',
        [scaled(parameter, shrink), scaled(expAvg, first), scaled(expAvgSq, second)],
        [0, 0, (stepSize * root) / first, beta1, beta2, eps * root, g],
        {
          size: util.sizeFromShape(parameter.shape),
          attributes: [
            floats(backend, 'T'),
            bool(backend, 'use_locking', false),
            bool(backend, 'use_nesterov', false),
          ],
        },
      );
      return [moved, scaled(m, 1 / first), scaled(v, 1 / second)];
    });
  },
);

/**
 * By what factor the share of a gradient is too great in TensorFlow's update: it takes a beta from 1 in float32, where
 * 1 − 0.999 is 5e-5 too much. Moments that are greater by that factor move as they should.
 */
function excess(beta: number): number {
  const factor = Math.fround(1 - Math.fround(beta)) / (1 - beta);
  return Math.abs(factor - 1) < 1e-6 ? 1 : factor;
}
