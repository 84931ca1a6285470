import * as tf from '@tensorflow/tfjs';
import type { Callback, StepLoop } from '@tfloop/core';
import { lookahead as lookaheadOf } from '@tfloop/lookahead';
import { mlp } from '@tfloop/models';
import { middle } from './take-turns.ts';
import { trained } from './trained.ts';
import type { Cell, ProbeEffort } from './probe.ts';

const K = 5;

/** What Lookahead costs as parameters grow in number. */
export async function* lookahead({ rounds, quick }: ProbeEffort): AsyncGenerator<readonly Cell[]> {
  for (const size of quick ? [1e3, 1e5, 1e7] : [1e3, 1e4, 1e5, 1e6, 1e7])
    yield await measureSize(size, rounds);
}

async function measureSize(size: number, rounds: number): Promise<number[]> {
  const model = mlp({ inputShape: [size / 10], hidden: [], classes: 10 });
  const { data, fit } = trained(model, { batchSize: 1, batches: size > 1e6 ? 2 * K : 8 * K });
  // The first round warms up.
  const hooks = Array.from({ length: rounds + 1 }, timed);
  const copies: number[] = [];
  const steps: number[] = [];
  for (const hook of hooks) {
    const { run, steps: count } = fit(() => [hook.around(lookaheadOf({ k: K }))]);
    const began = performance.now();
    await run();
    steps.push((1000 * (performance.now() - began)) / count);
    copies.push(timeOfCopy(model));
  }
  model.dispose();
  tf.dispose([data.x, data.labels, data.oneHot]);
  const isSync = (step: number) => step % K === K - 1;
  const times = (which: (step: number) => boolean) =>
    middle(hooks.slice(1).flatMap((hook) => hook.times.filter((_, step) => which(step))));
  const [sync, copy] = [times(isSync), middle(copies.slice(1))];
  const added = (sync + (K - 1) * times((step) => !isSync(step))) / K;
  const step = middle(steps.slice(1)) - added;
  return [size, sync, copy, sync / copy, added, (100 * added) / step];
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
