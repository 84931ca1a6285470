import { expect, test } from '@jest/globals';
import { adam, adamw, rmsprop, sgd } from '@tfloop/optimizers';
import type { Optimizer } from '@tfloop/core';
import { close, free, read, step, variables } from './helpers.ts';

/** One parameter that begins at 1; gradients 0.5 and then 0.25. */
function twoSteps(optimizer: Optimizer): [number, number] {
  const parameters = variables({ w: [1] });
  step(optimizer, parameters, { w: [0.5] });
  const first = read(parameters)[0]!;
  step(optimizer, parameters, { w: [0.25] });
  const second = read(parameters)[0]!;
  optimizer.dispose();
  free(parameters);
  return [first, second];
}

test.each<[string, Optimizer, [number, number]]>([
  // 1 − .1·.5; .95 − .1·.25
  ['sgd', sgd({ lr: 0.1 }), [0.95, 0.925]],
  // g = .5 + .2·1 = .7; g = .25 + .2·.93 = .436
  ['sgd weightDecay', sgd({ lr: 0.1, weightDecay: 0.2 }), [0.93, 0.8864]],
  // b = .5; b = .9·.5 + .25 = .7
  ['sgd momentum', sgd({ lr: 0.1, momentum: 0.9 }), [0.95, 0.88]],
  // b = .5, undamped; b = .9·.5 + .6·.25 = .6
  ['sgd dampening', sgd({ lr: 0.1, momentum: 0.9, dampening: 0.4 }), [0.95, 0.89]],
  // d = .5 + .9·.5 = .95; b = .7, d = .25 + .9·.7 = .88
  ['sgd nesterov', sgd({ lr: 0.1, momentum: 0.9, nesterov: true }), [0.905, 0.817]],
  // β .9 and .99: m = .05, v = .0025, m/.1 = .5, √(v/.01) = .5: 1 − .1.
  // m = .9·.05 + .1·.25 = .07, /.19 = .3684211; v = .99·.0025 + .01·.0625 = .0031, /.0199 = .1557789, √ = .3946884;
  // .9 − .1·.9334480
  ['adam', adam({ lr: 0.1, beta2: 0.99, eps: 0 }), [0.9, 0.8066552]],
  // eps .5 is added to the corrected root: 1 − .1·.5/(.5 + .5); .95 − .1·.3684211/.8946884
  ['adam eps', adam({ lr: 0.1, beta2: 0.99, eps: 0.5 }), [0.95, 0.9088213]],
  // g = .5 + 1·1 = 1.5: 1 − .1; g = .25 + .9 = 1.15, m = .9·.15 + .115 = .25, /.19 = 1.3157895;
  // v = .99·.0225 + .01·1.3225 = .0355, /.0199 = 1.7839196, √ = 1.3356345; .9 − .1·.9851419
  ['adam weightDecay', adam({ lr: 0.1, beta2: 0.99, eps: 0, weightDecay: 1 }), [0.9, 0.8014858]],
  // as adam, but first p·(1 − .1·.5): .95 − .1; .85·.95 − .0933448
  ['adamw', adamw({ lr: 0.1, beta2: 0.99, eps: 0, weightDecay: 0.5 }), [0.85, 0.7141552]],
  // alpha .75: s = .0625, √ = .25: 1 − .1·2; s = .046875 + .015625 = .0625: .8 − .1·1
  ['rmsprop', rmsprop({ lr: 0.1, alpha: 0.75, eps: 0 }), [0.8, 0.7]],
  // eps .25 is added to the root: 1 − .1·.5/.5; .9 − .1·.25/.5
  ['rmsprop eps', rmsprop({ lr: 0.1, alpha: 0.75, eps: 0.25 }), [0.9, 0.85]],
  // b = 2; b = .5·2 + 1 = 2
  ['rmsprop momentum', rmsprop({ lr: 0.1, alpha: 0.75, eps: 0, momentum: 0.5 }), [0.8, 0.6]],
  // g = .5 + .5·1 = 1: s = .25, 1 − .1·2; g = .25 + .5·.8 = .65: s = .1875 + .25·.4225 = .293125, √ = .5414102;
  // .8 − .1·1.2005685
  [
    'rmsprop weightDecay',
    rmsprop({ lr: 0.1, alpha: 0.75, eps: 0, weightDecay: 0.5 }),
    [0.8, 0.6799431],
  ],
  // a = .125, s − a² = .046875, √ = .2165064: 1 − .1·2.3094011; a = .09375 + .0625 = .15625,
  // s − a² = .0625 − .0244141 = .0380859, √ = .1951562: .7690599 − .1·1.2810252
  [
    'rmsprop centered',
    rmsprop({ lr: 0.1, alpha: 0.75, eps: 0, centered: true }),
    [0.7690599, 0.6409574],
  ],
])('%s: two steps by hand', (_, optimizer, expected) => {
  close(twoSteps(optimizer), expected, 2e-7);
});

test('beta1 and beta2 at 0 make Adam move by lr in the direction of the sign', () => {
  close(twoSteps(adam({ lr: 0.1, beta1: 0, beta2: 0, eps: 0 })), [0.9, 0.8]);
});

test('lr 0 moves nothing', () => {
  for (const make of [sgd, adam, adamw, rmsprop]) expect(twoSteps(make({ lr: 0 }))).toEqual([1, 1]);
});

test('momentum set to 0 leaves the buffer as it is, and set back goes on with it', () => {
  const parameters = variables({ w: [1] });
  const optimizer = sgd({ lr: 0.1, momentum: 0.9 });
  step(optimizer, parameters, { w: [0.5] }); // b = .5, w = .95
  optimizer.set('momentum', 0);
  step(optimizer, parameters, { w: [0.25] }); // w = .925
  optimizer.set('momentum', 0.5);
  step(optimizer, parameters, { w: [0.25] }); // b = .5·.5 + .25 = .5, w = .875
  close(read(parameters), [0.875]);
  optimizer.dispose();
  free(parameters);
});

test('centered RMSProp takes bounded steps under constant gradients, whose variance rounds below 0', () => {
  const parameters = variables({ w: [1, 1, 1] });
  const optimizer = rmsprop({ centered: true });
  for (let index = 0; index < 1500; index++) step(optimizer, parameters, { w: [0.1, 0.3, 0.7] });
  const before = read(parameters);
  step(optimizer, parameters, { w: [0.1, 0.3, 0.7] });
  // At most lr · g / √(g² · 2⁻²³) = .01 · 2^11.5 = 28.96, and not lr · g / eps = 100,000 and more.
  read(parameters).forEach((value, i) => {
    expect(before[i]! - value).toBeGreaterThan(0);
    expect(before[i]! - value).toBeLessThan(29.1);
  });
  optimizer.dispose();
  free(parameters);
});
