import { DeferredMean } from './deferred-mean.ts';
import type { LoopState } from './loop-state.ts';
import type { Metric } from './metric.ts';
import { MetricMeans } from './metric-means.ts';

/** Loss and metrics over a data set, each the mean over its examples. */
export interface Evaluated {
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Collects validation loss and metrics batch by batch. */
export class Evaluation {
  readonly #loss = new DeferredMean();
  readonly #metrics: MetricMeans;

  constructor(metrics: readonly Metric[]) {
    this.#metrics = new MetricMeans(metrics);
  }

  /** Whether nothing was added, which a mean of NaN does not tell. */
  empty = true;

  /** Adds the loop's batch. */
  add(loop: LoopState): void {
    this.empty = false;
    this.#loss.add(loop.loss, loop.size);
    this.#metrics.add(loop);
  }

  /** The means over everything that was added. Waits for the device. */
  async read(): Promise<Evaluated> {
    const metrics = await this.#metrics.read();
    return { loss: await this.#loss.read(), metrics };
  }

  /** Frees what was not read. */
  dispose(): void {
    this.#loss.reset();
    this.#metrics.dispose();
  }
}
