import * as tf from '@tensorflow/tfjs';
import { check, fusedKernel, type Optimizer } from '@tfloop/core';
import { l2Decay } from './l2-decay.ts';
import { makeOptimizer } from './make-optimizer.ts';
import type { ParameterGroup } from './parameter-groups.ts';
import type { UpdateRule } from './update-rule.ts';

/** The hyper-parameters of {@link rmsprop}. */
export type RmspropHyperparameter = 'lr' | 'alpha' | 'eps' | 'momentum' | 'weightDecay';

/** Options of {@link rmsprop}. */
export interface RmspropOptions {
  /** Learning rate, >= 0. @default 0.01 */
  readonly lr?: number;
  /** Decay of the mean of squared gradients, the smoothing constant, >= 0 and < 1. @default 0.99 */
  readonly alpha?: number;
  /** Added to the root of the second moment, >= 0. @default 1e-8 */
  readonly eps?: number;
  /** Divides by the standard deviation of the gradients instead of their root mean square. @default false */
  readonly centered?: boolean;
  /** Share of the momentum buffer that a step keeps, >= 0 and < 1. @default 0 */
  readonly momentum?: number;
  /** Adds `weightDecay · parameter` to the gradient (L2), >= 0. @default 0 */
  readonly weightDecay?: number;
  /** Parameters with hyper-parameters of their own. @default none */
  readonly groups?: readonly ParameterGroup<RmspropHyperparameter>[];
}

/**
 * RMSProp, as `torch.optim.RMSprop`.
 *
 * With `g ← g + weightDecay · p`, it keeps `s ← alpha · s + (1 − alpha) · g²` and, when `centered`,
 * `a ← alpha · a + (1 − alpha) · g`; with `d = √(s − a²) + eps` it moves `p ← p − lr · g / d`, or, with
 * momentum, `b ← momentum · b + g / d` and `p ← p − lr · b`. The slots are `squareAvg` (second moment),
 * `momentumBuffer` (first moment, made as soon as `momentum` is above 0) and, when centered, `gradAvg` (other).
 * A reset of the second moment resets `gradAvg` with it: the old mean with new squares would give a negative
 * variance. A variance `s − a²` that rounds below 0 is 0, so that nothing becomes NaN. Throws a RangeError on
 * an option out of its range.
 *
 * Tieleman, Hinton: Lecture 6.5, Neural networks for machine learning (2012); centered: Graves, arXiv
 * 1308.0850, equations 38–45.
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const {
    lr = 1e-2,
    alpha = 0.99,
    eps = 1e-8,
    centered = false,
    momentum = 0,
    weightDecay = 0,
    groups = [],
    ...unknown
  } = check.options('rmsprop', options);
  const hyper = { lr, alpha, eps, momentum, weightDecay };
  return makeOptimizer(rmspropRule(centered), { hyper, groups, unknown });
}

/** Spacing of float32 numbers at 1. */
const FLOAT32_EPSILON = 2 ** -23;

function rmspropRule(
  centered: boolean,
): UpdateRule<RmspropHyperparameter, 'squareAvg' | 'gradAvg' | 'momentumBuffer'> {
  return {
    name: 'rmsprop',
    bounds: {
      lr: { min: 0 },
      alpha: { min: 0, below: 1 },
      eps: { min: 0 },
      momentum: { min: 0, below: 1 },
      weightDecay: { min: 0 },
    },
    settings: { centered },
    momentum: { name: 'momentum', offAtZero: true },
    slots: {
      squareAvg: { role: 'second-moment' },
      gradAvg: { role: 'other', resetWith: 'second-moment' },
      momentumBuffer: { role: 'first-moment' },
    },
    update(input) {
      const { parameter, hyper, slot, scalar } = input;
      const { lr, alpha, eps, momentum, weightDecay } = hyper;
      const fused = fusedKernel('TfloopRmspropUpdate');
      if (fused) {
        const inputs = {
          parameter,
          gradient: input.gradient,
          squareAvg: slot('squareAvg').value,
          ...(centered && { gradAvg: slot('gradAvg').value }),
          ...(momentum !== 0 && { buffer: slot('momentumBuffer').value }),
        };
        const [moved, squareAvg, ...others] = fused(inputs, {
          lr,
          alpha,
          eps,
          momentum,
          weightDecay,
        });
        const gradAvg = centered ? others[0] : undefined;
        const momentumBuffer = momentum !== 0 ? others.at(-1) : undefined;
        return {
          parameter: moved,
          slots: {
            squareAvg,
            ...(gradAvg && { gradAvg }),
            ...(momentumBuffer && { momentumBuffer }),
          },
        };
      }
      const g = l2Decay(input);
      const average = (name: 'squareAvg' | 'gradAvg', of: tf.Tensor): tf.Tensor =>
        tf.add(tf.mul(slot(name).value, scalar(alpha)), tf.mul(of, scalar(1 - alpha)));
      const squareAvg = average('squareAvg', tf.square(g));
      const gradAvg = centered ? average('gradAvg', g) : undefined;
      // Of nearly constant gradients the difference is rounding error, below 0 at times: no less than that error.
      const variance = gradAvg
        ? tf.maximum(
            tf.sub(squareAvg, tf.square(gradAvg)),
            tf.mul(squareAvg, scalar(FLOAT32_EPSILON)),
          )
        : squareAvg;
      let direction = tf.div(g, tf.add(tf.sqrt(variance), scalar(eps)));
      if (momentum !== 0)
        direction = tf.add(tf.mul(slot('momentumBuffer').value, scalar(momentum)), direction);
      return {
        parameter: tf.sub(parameter, tf.mul(direction, scalar(lr))),
        slots: {
          squareAvg,
          ...(gradAvg && { gradAvg }),
          ...(momentum !== 0 && { momentumBuffer: direction }),
        },
      };
    },
  };
}
