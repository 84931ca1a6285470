import * as tf from '@tensorflow/tfjs';
import type { Batch, DataSource } from './data-source.ts';
import { nextTask, wait, type Work } from './drive.ts';
import type { LoopState } from './loop-state.ts';
import { isMixed, type Target } from './mixed-target.ts';
import { exampleCount, holdsTensors, showShape } from './tensors.ts';

/** Milliseconds of work after which the host gets its turn: an answer within 100 ms is felt as at once. */
const TURN = 100;

/** Runs work on every batch of an epoch of the loop's phase, until `loop.stopping` in training. */
export function* eachBatch(loop: LoopState, source: DataSource, work: () => Work): Work {
  const { phase, epoch } = loop;
  const iterator = iterate(source.epoch({ phase, epoch, rng: loop.rng(`data order ${phase}`) }));
  const close = () => wait(iterator.return?.());
  let ended = false;
  try {
    while (!(phase === 'train' && loop.stopping)) {
      const next = yield* wait(iterator.next());
      if ((ended = next.done === true)) break;
      checkBatch(next.value, source);
      loop.beginBatch(next.value, source);
      yield* work();
      loop.batchInEpoch++;
      // The clock is the loop's: epochs may be shorter than a turn.
      if (performance.now() - loop.turn > TURN) {
        yield* wait(nextTask());
        loop.turn = performance.now();
      }
    }
  } catch (error) {
    // What ended the epoch must not be hidden by a source that fails to close.
    if (!ended) yield* ignoringErrors(close);
    throw error;
  }
  if (!ended) yield* close();
  if (ended && loop.batchInEpoch === 0)
    throw new Error(
      `Learner: the ${phase} data gave no batch in epoch ${epoch}; a generator yields only once, so pass the function that makes it`,
    );
}

function iterate(
  batches: Iterable<Batch> | AsyncIterable<Batch>,
): Iterator<Batch> | AsyncIterator<Batch> {
  return Symbol.asyncIterator in batches
    ? batches[Symbol.asyncIterator]()
    : batches[Symbol.iterator]();
}

function* ignoringErrors(work: () => Work<unknown>): Work {
  try {
    yield* work();
  } catch {
    return;
  }
}

/** Data comes from outside the types' reach. */
function checkBatch(batch: Batch, source: DataSource): void {
  try {
    const { x, y, weights } = batch;
    for (const [name, value] of Object.entries({ x, y }))
      if (!holdsTensors(value) && !(name === 'y' && isMixedTarget(value)))
        throw new TypeError(
          `Learner: the ${name} of a batch must be a tensor, a list or a record of tensors`,
        );
    const size = exampleCount(x);
    if (weights && !tf.util.arraysEqual(weights.shape, [size]))
      throw new RangeError(
        `Learner: the weights of a batch must have one number for each example, shape [${size}], got ${showShape(weights.shape)}`,
      );
  } catch (error) {
    if (source.owner === 'loop') tf.dispose(batch as unknown as tf.TensorContainer);
    throw error;
  }
}

function isMixedTarget(value: unknown): boolean {
  return typeof value === 'object' && value !== null && isMixed(value as Target);
}
