import * as tf from '@tensorflow/tfjs';
import { DeferredMean } from './deferred-mean.ts';
import type { LoopState } from './loop-state.ts';
import { metricSum, type Metric } from './metric.ts';

/** Loss and metrics over a data set, each the mean over its examples. */
export interface Evaluated {
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Collects loss and metrics batch by batch; nothing is read from the device before `read`. */
export class Evaluation {
  readonly #loss = new DeferredMean();
  readonly #metrics: { metric: Metric; mean: DeferredMean }[];

  constructor(metrics: readonly Metric[]) {
    this.#metrics = metrics.map((metric) => ({ metric, mean: new DeferredMean() }));
  }

  /** Adds the loop's batch. */
  add(loop: LoopState): void {
    const { pred, y, size } = loop;
    this.#loss.add(tf.clone(loop.loss), size);
    for (const { metric, mean } of this.#metrics)
      mean.add(metricSum(metric, pred, y, size), size, 1);
  }

  /** The means over everything that was added. Waits for the device. */
  async read(): Promise<Evaluated> {
    const metrics: Record<string, number> = {};
    for (const { metric, mean } of this.#metrics) metrics[metric.name] = await mean.read();
    return { loss: await this.#loss.read(), metrics };
  }

  /** Frees what was not read. */
  dispose(): void {
    this.#loss.reset();
    for (const { mean } of this.#metrics) mean.reset();
  }
}
