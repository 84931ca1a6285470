import * as tf from '@tensorflow/tfjs';
import type { Batch, DataSource } from './data-source.ts';
import { batchTensors } from './batch-tensors.ts';
import { checkBatch } from './check-batch.ts';
import { digestOf } from './digest-of.ts';
import { isPromise, nextTask, wait, type Work } from './drive.ts';
import { explained } from './explained.ts';
import { fireAtRest } from './fire.ts';
import { inPart } from './ledger/in-part.ts';
import type { LoopState } from './loop-state.ts';
import { explainBackendFailure } from './backend-failure.ts';
import { scope, type ScopeParts } from './scope.ts';
import { dataName } from './where.ts';

/** Milliseconds of work after which the host gets its turn: an answer within 100 ms is felt as at once. */
const TURN = 100;

/** The batches of an epoch one by one. */
type Batches = Iterator<Batch> | AsyncIterator<Batch>;

/** Batches whose losses may stay on the device before they are read together. */
const MOST_PENDING = 256;

/**
 * Runs a scope on every batch of an epoch of the loop's phase from `loop.batchInEpoch` on, in training until
 * `loop.stopping`; `left` runs after each, however it was left. In training the run is at rest after every batch.
 */
export function* eachBatch(
  loop: LoopState,
  source: DataSource,
  batch: ScopeParts,
  left?: () => void,
): Work {
  const training = loop.phase === 'train';
  const batches = open(loop, source);
  const close = () => wait(batches.return?.());
  let ended = false;
  let restedStopping = false;
  try {
    if (!source.seeks && loop.batchInEpoch > 0) yield* skip(loop, source, batches);
    while (!(training && loop.heedStop())) {
      const coming = nextOf(loop, batches);
      const next = isPromise(coming) ? yield* wait(coming) : coming;
      if ((ended = next.done === true)) break;
      if (loop.batchInEpoch === source.batches) warnOfSurplus(loop, source.batches);
      checkBatch(loop, next.value, source);
      if (loop.batchInEpoch === 0 && mayBeResumed(loop, source))
        loop.firstBatch = yield* wait(digestOf(batchTensors(next.value)));
      loop.beginBatch(next.value, source);
      try {
        yield* scope('batch', batch);
      } finally {
        left?.();
      }
      if (training && loop.trainLoss.pending >= MOST_PENDING) yield readLosses(loop);
      loop.batchInEpoch++;
      // The clock is the loop's: epochs may be shorter than a turn.
      if (performance.now() - loop.turn > TURN) {
        // The losses so far as well: one that is not finite is to be noticed soon.
        yield Promise.all([nextTask(), training && readLosses(loop)]);
        loop.turn = performance.now();
      }
      if (!training) continue;
      restedStopping = loop.heedStop();
      if (loop.heard('atRest')) yield* fireAtRest(loop, 'batch');
    }
    // Asked to stop since then: after this moment callbacks may act as at an end that would not have come yet.
    if (training && loop.heedStop() && !restedStopping) yield* fireAtRest(loop, 'batch');
  } catch (error) {
    // What ended the epoch must not be hidden by a source that fails to close.
    if (!ended) yield* ignoringErrors(close);
    throw explainBackendFailure(loop, error);
  }
  if (!ended) yield* close();
  if (ended && loop.batchInEpoch === 0)
    throw new Error(
      `Learner: the ${loop.phase} data gave no batch in epoch ${loop.epoch}; a generator yields only once, so pass the function that makes it`,
    );
  if (ended && source.batches !== undefined && loop.batchInEpoch < source.batches)
    throw new Error(
      `Learner: ${dataName(loop)} ended after ${loop.batchInEpoch} batches in epoch ${loop.epoch}, expected ${source.batches}, as the source says; give it all of them, or \`batches\` the right number`,
    );
}

function readLosses(loop: LoopState): Promise<number> {
  return inPart(loop, 'figures', () => loop.trainLoss.read());
}

/** All that comes is trained on, but whoever counted on the number should know. */
function warnOfSurplus(loop: LoopState, expected: number): void {
  if (loop.surplus.has(loop.phase)) return;
  loop.surplus.add(loop.phase);
  console.warn(
    `Learner: ${dataName(loop)} goes on after the ${expected} batches that the source says it has; all are used, but schedules and progress count ${expected}`,
  );
}

/** The next batch. An error of the source leaves with the batch in its message. */
function nextOf(
  loop: LoopState,
  batches: Batches,
): IteratorResult<Batch> | Promise<IteratorResult<Batch>> {
  const explain = (error: unknown): never => {
    throw explained(loop, 'the data', error);
  };
  try {
    const next = inPart(loop, 'data', () => batches.next());
    return isPromise(next) ? Promise.resolve(next).catch(explain) : next;
  } catch (error) {
    return explain(error);
  }
}

function open(loop: LoopState, source: DataSource): Batches {
  const { phase, epoch } = loop;
  const from = source.seeks ? loop.batchInEpoch : 0;
  try {
    const batches = source.epoch({ phase, epoch, rng: loop.dataOrder(phase), from });
    return Symbol.asyncIterator in batches
      ? batches[Symbol.asyncIterator]()
      : batches[Symbol.iterator]();
  } catch (error) {
    throw explained(loop, 'the data', error);
  }
}

/** A source that can't seek has to repeat itself: its first batch tells whether it does. */
function mayBeResumed(loop: LoopState, source: DataSource): boolean {
  return loop.phase === 'train' && !source.seeks && loop.heard('atRest');
}

/** Drops the batches that an earlier process has trained on. */
function* skip(loop: LoopState, source: DataSource, batches: Batches): Work {
  for (let i = 0; i < loop.batchInEpoch; i++) {
    const next = yield* wait(nextOf(loop, batches));
    if (next.done)
      throw new Error(
        `Learner: the ${loop.phase} data ended after ${i} batches, but the fit to resume had ${loop.batchInEpoch} of this epoch`,
      );
    try {
      if (i === 0 && loop.firstBatch !== (yield* wait(digestOf(batchTensors(next.value)))))
        throw new Error(
          `Learner: the ${loop.phase} data does not repeat itself: epoch ${loop.epoch} begins with another batch than it did; ` +
            'give its shuffling a seed, or make checkpoints only between epochs',
        );
    } finally {
      if (source.owner === 'loop') tf.dispose(next.value as unknown as tf.TensorContainer);
    }
  }
}

function* ignoringErrors(work: () => Work<unknown>): Work {
  try {
    yield* work();
  } catch {
    return;
  }
}
