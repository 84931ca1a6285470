import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { adam, adamw, rmsprop, sgd } from '@tfloop/optimizers';
import type { SgdOptions } from '@tfloop/optimizers';
import type { Gradients } from '@tfloop/core';

interface Specification {
  shape: number[];
  start: number[];
  target: number[];
  curvature: number[];
}
interface Case {
  optimizer: keyof typeof makers;
  options: Record<string, number | boolean>;
  schedules: Record<string, { amplitude: number; period: number }>;
  trajectory: Record<string, Record<string, number[]>>;
}
interface Oracle {
  steps: number;
  problem: { quartic: number; parameters: Record<string, Specification> };
  cases: Case[];
}

const makers = {
  sgd: (options: object) => sgd(options as SgdOptions),
  adam: (options: object) => adam(options),
  adamw: (options: object) => adamw(options),
  rmsprop: (options: object) => rmsprop(options),
};

const oracle = JSON.parse(
  readFileSync(
    fileURLToPath(new URL('../../../tools/oracles/optimizers.json', import.meta.url)),
    'utf8',
  ),
) as Oracle;

beforeAll(() => tf.setBackend('cpu'));

const before = tf.memory().numTensors;
afterAll(() => expect(tf.memory().numTensors).toBe(before));

test.each(
  oracle.cases.map((row): [string, Case] => [
    `${row.optimizer} ${JSON.stringify(row.options)} cycling ${Object.keys(row.schedules).join(' and ') || 'nothing'}`,
    row,
  ]),
)('as PyTorch over 100 steps: %s', (_, { optimizer: name, options, schedules, trajectory }) => {
  const specifications = Object.entries(oracle.problem.parameters);
  const constants = specifications.map(([key, { shape, target, curvature }]) => ({
    key,
    target: tf.tensor(target, shape),
    curvature: tf.tensor(curvature, shape),
  }));
  const parameters = new Map(
    specifications.map(([key, { shape, start }]) => [
      key,
      tf.tidy(() => tf.variable(tf.tensor(start, shape))),
    ]),
  );
  const optimizer = makers[name](options);
  const initial = Object.fromEntries(
    Object.keys(schedules).map((hyper) => [hyper, optimizer.get(hyper)]),
  );
  // Relative to the largest element: one that crosses 0 keeps only the rounding of its way there.
  let worst = 0;
  for (let index = 0; index < oracle.steps; index++) {
    for (const [hyper, { amplitude, period }] of Object.entries(schedules))
      optimizer.set(
        hyper,
        initial[hyper]! * (1 + amplitude * Math.cos((Math.PI * index) / period)),
      );
    const gradients: Gradients = new Map(
      constants.map(({ key, target, curvature }) => [
        key,
        tf.tidy(() => {
          const p = parameters.get(key)!;
          const cube = tf.mul(tf.mul(p, p), p);
          return tf.add(tf.mul(curvature, tf.sub(p, target)), tf.mul(oracle.problem.quartic, cube));
        }),
      ]),
    );
    optimizer.step(parameters, gradients);
    tf.dispose([...gradients.values()]);
    for (const [key, expected] of Object.entries(trajectory[index + 1] ?? {}))
      for (const [place, value] of parameters.get(key)!.dataSync().entries())
        worst = Math.max(worst, Math.abs(value - expected[place]!) / largest(expected));
  }
  optimizer.dispose();
  tf.dispose([constants.map(({ target, curvature }) => [target, curvature])]);
  tf.dispose([...parameters.values()]);
  expect(worst).toBeLessThanOrEqual(1e-5);
});

function largest(values: readonly number[]): number {
  return Math.max(...values.map((value) => Math.abs(value)));
}
