// One lane in a process of its own, so that no other's code and memory are in its way.
// The parent asks for a round with any message and gets its milliseconds a step.
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';
import { contenders } from './contenders.ts';
import type { LaneAnswer } from './measure.ts';
import { workloads } from './workloads.ts';

const [backend, contender, workloadName, batches] = process.argv.slice(2);
const answer = (message: LaneAnswer) => process.send?.(message);
const failed = (error: unknown) =>
  answer({ error: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) });

try {
  await useBackend({ backend: backend as 'native' | 'wasm', log: () => undefined });
  const workload = workloads[workloadName ?? '']?.(Number(batches));
  const make = contenders[contender ?? ''];
  if (!workload || !make) throw new RangeError('bench: no such workload or contender');
  const runner = make(workload);
  const steps = workload.examples / workload.batchSize;
  process.on('message', () => {
    const start = performance.now();
    runner.epoch().then(() => {
      const msPerStep = (performance.now() - start) / steps;
      answer({ msPerStep, rss: process.memoryUsage.rss(), tensors: tf.memory().numTensors });
    }, failed);
  });
} catch (error) {
  // Said when it is asked, as nobody listens before.
  process.on('message', () => failed(error));
}
