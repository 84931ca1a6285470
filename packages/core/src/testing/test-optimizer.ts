import * as tf from '@tensorflow/tfjs';
import type { Optimizer, OptimizerState, ResetReport } from '../optimizer.ts';

/** Plain SGD with momentum: v ← μ·v + g, θ ← θ − lr·v. Enough of an optimizer to test callbacks with. */
export function testOptimizer({ lr = 0.1, momentum = 0.9 } = {}): Optimizer {
  const values: Record<string, number> = { lr, momentum };
  const slots = new Map<string, tf.Variable>();
  const checked = (name: string): number => {
    const value = values[name];
    if (value === undefined) throw new RangeError(`testOptimizer: no hyper-parameter "${name}"`);
    return value;
  };
  const release = () => {
    tf.dispose([...slots.values()]);
    slots.clear();
  };
  return {
    name: 'testOptimizer',
    options: { lr, momentum },
    hyperparameters: ['lr', 'momentum'],
    momentumName: 'momentum',
    get: checked,
    set(name, value) {
      checked(name);
      values[name] = value;
    },
    step(parameters, gradients) {
      for (const [name, gradient] of gradients) {
        const parameter = parameters.get(name);
        if (!parameter) throw new Error(`testOptimizer: no parameter "${name}"`);
        tf.tidy(() => {
          let slot = slots.get(name);
          if (!slot) slots.set(name, (slot = tf.variable(tf.zerosLike(gradient), false)));
          slot.assign(tf.add(tf.mul(slot, checked('momentum')), gradient));
          parameter.assign(tf.sub(parameter, tf.mul(slot, checked('lr'))));
        });
      }
    },
    slots: (role) => (role === 'first-moment' ? slots : new Map()),
    reset({ what = 'all', where = () => true } = {}): ResetReport {
      let elements = 0;
      for (const [name, slot] of slots) {
        if (what === 'second-moment' || !where(name)) continue;
        tf.tidy(() => {
          slot.assign(tf.zerosLike(slot));
        });
        elements += slot.size;
      }
      return { elements, slots: { momentum: elements } };
    },
    state: (): OptimizerState => ({
      optimizer: 'testOptimizer',
      groups: [{ ...values }],
      counters: {},
      slots: {
        momentum: Object.fromEntries([...slots].map(([name, slot]) => [name, tf.clone(slot)])),
      },
    }),
    load(state) {
      release();
      Object.assign(values, state.groups[0]);
      for (const [name, tensor] of Object.entries(state.slots['momentum'] ?? {}))
        slots.set(name, tf.variable(tensor, false));
    },
    dispose: release,
  };
}
