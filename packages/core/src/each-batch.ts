import type { Batch, DataSource } from './data-source.ts';
import { nextTask, wait, type Work } from './drive.ts';
import type { LoopState } from './loop-state.ts';
import { tensorsOf } from './tensors.ts';

/** Milliseconds of work after which the host gets its turn: input, signals, timers, a repaint. */
const TURN = 40;

/** Runs work on every batch of an epoch of the loop's phase, until `loop.stopping` in training. */
export function* eachBatch(loop: LoopState, source: DataSource, work: () => Work): Work {
  const { phase, epoch } = loop;
  const iterator = iterate(source.epoch({ phase, epoch, rng: loop.rng(`data order ${phase}`) }));
  let turn = performance.now();
  let ended = false;
  try {
    while (!(phase === 'train' && loop.stopping)) {
      const next = yield* wait(iterator.next());
      if ((ended = next.done === true)) break;
      checkBatch(next.value as Batch);
      loop.beginBatch(next.value as Batch, source);
      yield* work();
      loop.batchInEpoch++;
      if (performance.now() - turn > TURN) {
        yield* wait(nextTask());
        turn = performance.now();
      }
    }
  } finally {
    if (!ended) yield* wait(iterator.return?.());
  }
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

function checkBatch({ x }: Batch): void {
  for (const tensor of tensorsOf(x))
    // Data comes from outside the types' reach.
    if (typeof (tensor as { dataId?: unknown } | undefined)?.dataId !== 'object')
      throw new TypeError(
        'Learner: the x of a batch must be a tensor, a list or a record of tensors',
      );
}
