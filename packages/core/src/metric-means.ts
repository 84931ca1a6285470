import type { MeanState } from './checkpoints/run-state.ts';
import { DeferredMean } from './deferred-mean.ts';
import type { LoopState } from './loop-state.ts';
import { metricSum, type Metric } from './metric.ts';

/** Collects metrics batch by batch; nothing is read from the device before `read`. */
export class MetricMeans {
  readonly #metrics: readonly { metric: Metric; mean: DeferredMean }[];

  constructor(metrics: readonly Metric[]) {
    this.#metrics = metrics.map((metric) => ({ metric, mean: new DeferredMean() }));
  }

  /** Adds the loop's batch. */
  add(loop: LoopState): void {
    for (const { metric, mean } of this.#metrics) {
      const { pred, y, size } = loop;
      mean.add(metricSum(metric, pred, y, size), size, 1);
    }
  }

  /** The means over everything that was added, by metric name. Waits for the device. */
  async read(): Promise<Record<string, number>> {
    const means: Record<string, number> = {};
    for (const { metric, mean } of this.#metrics) means[metric.name] = await mean.read();
    return means;
  }

  /** What the means are made of so far, by metric name. Waits for the device. */
  async state(): Promise<Record<string, MeanState>> {
    const states: Record<string, MeanState> = {};
    for (const { metric, mean } of this.#metrics) states[metric.name] = await mean.state();
    return states;
  }

  /** Goes on from the states of metrics of the same names. */
  load(states: Readonly<Record<string, MeanState>>): void {
    for (const { metric, mean } of this.#metrics) mean.load(states[metric.name] ?? [0, 0]);
  }

  /** Frees what was not read. */
  dispose(): void {
    for (const { mean } of this.#metrics) mean.reset();
  }
}
