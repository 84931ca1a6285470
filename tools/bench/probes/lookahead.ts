import * as tf from '@tensorflow/tfjs';
import type { Callback, StepLoop } from '@tfloop/core';
import { lookahead as lookaheadOf } from '@tfloop/lookahead';
import { mlp } from '@tfloop/models';
import { networks } from '../networks.ts';
import { quantile } from '../statistics.ts';
import { middle } from './take-turns.ts';
import { trained } from './trained.ts';
import type { Cell, ProbeEffort } from './probe.ts';

const K = 5;

/** What Lookahead costs as parameters grow in number, and on the CNN of the workloads. */
export async function* lookahead({ rounds, quick }: ProbeEffort): AsyncGenerator<readonly Cell[]> {
  yield ['cnn', ...(await measure(networks.cnn(), { batchSize: 64, batches: K }, rounds))];
  for (const size of quick ? [1e3, 1e5, 1e6] : [1e3, 1e4, 1e5, 1e6, 1e7]) {
    const model = mlp({ inputShape: [size / 10], hidden: [], classes: 10 });
    const batches = size > 1e6 ? 2 * K : 8 * K;
    yield ['dense', ...(await measure(model, { batchSize: 1, batches }, rounds))];
  }
}

async function measure(
  model: tf.LayersModel,
  size: { batchSize: number; batches: number },
  rounds: number,
): Promise<number[]> {
  const { data, fit } = trained(model, size);
  const measured: { sync: number; copy: number; added: number; share: number }[] = [];
  for (let round = 0; round <= rounds; round++) {
    const { times, around } = timed();
    const { run, steps } = fit(() => [around(lookaheadOf({ k: K }))]);
    const began = performance.now();
    await run();
    const step = (1000 * (performance.now() - began)) / steps;
    const sync = middle(times.filter((_, i) => i % K === K - 1));
    const added = (sync + (K - 1) * middle(times.filter((_, i) => i % K < K - 1))) / K;
    const copy = timeOfCopy(model);
    // The first round warms up.
    if (round > 0) measured.push({ sync, copy, added, share: (100 * added) / (step - added) });
  }
  const parameters = model.trainableWeights.reduce(
    (sum, { shape }) => sum + tf.util.sizeFromShape(shape as number[]),
    0,
  );
  model.dispose();
  tf.dispose([data.x, data.labels, data.oneHot]);
  const [sync, copy, added] = (['sync', 'copy', 'added'] as const).map((key) =>
    middle(measured.map((each) => each[key])),
  ) as [number, number, number];
  const shares = measured.map(({ share }) => share);
  const quartiles = [0.5, 0.25, 0.75].map((q) => quantile(shares, q));
  return [parameters, sync, copy, sync / copy, added, ...quartiles];
}

/** Keeps the microseconds of every `afterStep`, where Lookahead does its work. */
function timed() {
  const times: number[] = [];
  const around = (callback: Callback): Callback => ({
    ...callback,
    afterStep(loop: StepLoop) {
      const began = performance.now();
      const result = callback.afterStep?.(loop);
      times.push(1000 * (performance.now() - began));
      return result;
    },
  });
  return { times, around };
}

function timeOfCopy(model: tf.LayersModel): number {
  const weights = model.trainableWeights.map((weight) => weight.read());
  const began = performance.now();
  for (let i = 0; i < K; i++) tf.dispose(weights.map((weight) => tf.add(weight, 0)));
  return (1000 * (performance.now() - began)) / K;
}
