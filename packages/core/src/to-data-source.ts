import * as tf from '@tensorflow/tfjs';
import type { Batch, DataSource } from './data-source.ts';
import type { Tensors } from './tensors.ts';

/** A batch as data sources of TensorFlow.js spell it. */
export interface DatasetBatch {
  readonly xs: Tensors;
  readonly ys: Tensors;
}

/** Batches as an iterable of either kind. */
export type BatchIterable = Iterable<Batch | DatasetBatch> | AsyncIterable<Batch | DatasetBatch>;

/**
 * Data as people have it: what `batches()` makes; a `tf.data.Dataset` of `{ xs, ys }`; an array of batches,
 * whose tensors stay the caller's; any other (async) iterable or a function that makes one for each epoch,
 * whose tensors the loop disposes of.
 */
export type DataLike =
  DataSource | tf.data.Dataset<tf.TensorContainer> | BatchIterable | (() => BatchIterable);

/** Turns data into a {@link DataSource}. */
export function toDataSource(owner: string, data: DataLike): DataSource {
  if (Array.isArray(data)) return source(() => data as Batch[], 'caller', data.length);
  if (typeof data === 'function') return source(data, 'loop');
  // Plain JavaScript may pass anything.
  if (typeof data !== 'object' || (data as unknown) === null) throw notData(owner);
  if ('epoch' in data) return data;
  if (data instanceof tf.data.Dataset) {
    // A size is Infinity for an endless set, and null where it is unknown.
    const size = Number.isFinite(data.size) ? data.size : undefined;
    return datasetSource(data, size);
  }
  if (Symbol.iterator in data || Symbol.asyncIterator in data) return source(() => data, 'loop');
  throw notData(owner);
}

function notData(owner: string): TypeError {
  return new TypeError(
    `${owner} must be batches(...), a tf.data.Dataset, an iterable of { x, y } or a function that makes one`,
  );
}

function source(
  iterate: () => BatchIterable,
  owner: 'loop' | 'caller',
  batches?: number,
): DataSource {
  return {
    batches,
    examples: undefined,
    owner,
    epoch() {
      const iterable = iterate();
      return Symbol.asyncIterator in iterable ? renamedAsync(iterable) : renamed(iterable);
    },
  };
}

function* renamed(iterable: Iterable<Batch | DatasetBatch>): Iterable<Batch> {
  for (const batch of iterable) yield toBatch(batch);
}

async function* renamedAsync(iterable: AsyncIterable<Batch | DatasetBatch>): AsyncIterable<Batch> {
  for await (const batch of iterable) yield toBatch(batch);
}

/** A seeded shuffle gives every iterator that is made another order. */
function datasetSource(dataset: tf.data.Dataset<tf.TensorContainer>, size?: number): DataSource {
  let begun = 0;
  async function* epoch(): AsyncIterable<Batch | DatasetBatch> {
    begun++;
    yield* datasetBatches(await dataset.iterator());
  }
  return {
    ...source(epoch, 'loop', size),
    epochs: {
      begun: () => begun,
      async skipTo(count) {
        for (; begun < count; begun++) await dataset.iterator();
      },
    },
  };
}

async function* datasetBatches(
  iterator: Awaited<ReturnType<tf.data.Dataset<tf.TensorContainer>['iterator']>>,
): AsyncIterable<Batch | DatasetBatch> {
  for (;;) {
    const next: IteratorResult<unknown> = await iterator.next();
    if (next.done) return;
    yield next.value as Batch | DatasetBatch;
  }
}

function toBatch(batch: Batch | DatasetBatch | null): Batch {
  if (typeof batch === 'object' && batch !== null) {
    if ('x' in batch && 'y' in batch) return batch;
    if ('xs' in batch && 'ys' in batch) return { x: batch.xs, y: batch.ys };
  }
  throw new TypeError('Learner: data must yield batches { x, y } or { xs, ys }');
}
