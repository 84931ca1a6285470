import * as tf from '@tensorflow/tfjs';
import { check, fusedKernel, type Optimizer } from '@tfloop/core';
import { l2Decay } from './l2-decay.ts';
import { makeOptimizer } from './make-optimizer.ts';
import type { ParameterGroup } from './parameter-groups.ts';
import type { UpdateRule } from './update-rule.ts';

/** The hyper-parameters of {@link sgd}. */
export type SgdHyperparameter = 'lr' | 'momentum' | 'dampening' | 'weightDecay';

/** Options of {@link sgd}. */
export interface SgdOptions {
  /** Learning rate, >= 0. */
  readonly lr: number;
  /** Share of the momentum buffer that a step keeps, >= 0 and < 1. @default 0 */
  readonly momentum?: number;
  /** Share of the gradient that does not enter the momentum buffer, >= 0 and <= 1. @default 0 */
  readonly dampening?: number;
  /** Looks one momentum step ahead; needs momentum and no dampening. @default false */
  readonly nesterov?: boolean;
  /** Adds `weightDecay · parameter` to the gradient (L2), >= 0. @default 0 */
  readonly weightDecay?: number;
  /** Parameters with hyper-parameters of their own. @default none */
  readonly groups?: readonly ParameterGroup<SgdHyperparameter>[];
}

/**
 * Stochastic gradient descent with momentum, as `torch.optim.SGD`.
 *
 * With `g ← g + weightDecay · p`, it keeps `b ← momentum · b + (1 − dampening) · g` (the first time `b ← g`)
 * and moves `p ← p − lr · b`, with `nesterov` `p ← p − lr · (g + momentum · b)`. The slot is `momentumBuffer`
 * (first moment), made as soon as `momentum` is above 0. Throws a RangeError on an option out of its range.
 *
 * Sutskever, Martens, Dahl, Hinton: On the importance of initialization and momentum in deep learning (2013).
 */
export function sgd(options: SgdOptions): Optimizer {
  const {
    lr,
    momentum = 0,
    dampening = 0,
    nesterov = false,
    weightDecay = 0,
    groups = [],
    ...unknown
  } = check.options('sgd', options);
  const hyper = { lr, momentum, dampening, weightDecay };
  const optimizer = makeOptimizer(sgdRule(nesterov), { hyper, groups, unknown });
  if (nesterov && (momentum === 0 || dampening !== 0))
    throw new RangeError(
      `sgd: nesterov needs momentum > 0 and dampening 0, got momentum ${momentum} and dampening ${dampening}`,
    );
  return optimizer;
}

function sgdRule(nesterov: boolean): UpdateRule<SgdHyperparameter, 'momentumBuffer'> {
  return {
    name: 'sgd',
    bounds: {
      lr: { min: 0 },
      momentum: { min: 0, below: 1 },
      dampening: { min: 0, max: 1 },
      weightDecay: { min: 0 },
    },
    settings: { nesterov },
    momentum: { name: 'momentum', offAtZero: true },
    slots: { momentumBuffer: { role: 'first-moment' } },
    update(input) {
      const { parameter, hyper, slot, scalar } = input;
      const { lr, momentum, dampening, weightDecay } = hyper;
      const old = momentum === 0 ? undefined : slot('momentumBuffer');
      const entering = old?.updates === 0 ? 1 : 1 - dampening;
      const fused = fusedKernel('TfloopSgdUpdate');
      if (fused) {
        const inputs = {
          parameter,
          gradient: input.gradient,
          ...(old && { buffer: old.value }),
        };
        const [moved, buffer] = fused(inputs, { lr, momentum, entering, weightDecay, nesterov });
        return { parameter: moved, slots: { ...(buffer && { momentumBuffer: buffer }) } };
      }
      const g = l2Decay(input);
      if (!old) return { parameter: tf.sub(parameter, tf.mul(g, scalar(lr))), slots: {} };
      const share = entering === 1 ? g : tf.mul(g, scalar(entering));
      const buffer = tf.add(tf.mul(old.value, scalar(momentum)), share);
      const direction = nesterov ? tf.add(g, tf.mul(buffer, scalar(momentum))) : buffer;
      return {
        parameter: tf.sub(parameter, tf.mul(direction, scalar(lr))),
        slots: { momentumBuffer: buffer },
      };
    },
  };
}
