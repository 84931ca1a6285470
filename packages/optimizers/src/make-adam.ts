import { check, type Optimizer } from '@tfloop/core';
import type { AdamOptions } from './adam.ts';
import { adamRule } from './adam-rule.ts';
import { makeOptimizer } from './make-optimizer.ts';

/** Makes Adam with either kind of weight decay, and its default. Throws a RangeError on an option out of its range. */
export function makeAdam(
  name: string,
  decay: { readonly decoupled: boolean; readonly weightDecay: number },
  options: AdamOptions,
): Optimizer {
  const {
    lr = 1e-3,
    beta1 = 0.9,
    beta2 = 0.999,
    eps = 1e-8,
    weightDecay = decay.weightDecay,
    groups = [],
    ...unknown
  } = check.options(name, options);
  const hyper = { lr, beta1, beta2, eps, weightDecay };
  return makeOptimizer(adamRule(name, decay.decoupled), { hyper, groups, unknown });
}
