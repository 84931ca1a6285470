import * as tf from '@tensorflow/tfjs';
import type { Batch, DataSource } from './data-source.ts';
import { nextTask, wait, type Work } from './drive.ts';
import type { LoopState } from './loop-state.ts';
import { isMixed, type Target } from './mixed-target.ts';
import { tensorsOf, type Tensors } from './tensors.ts';

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
      checkBatch(next.value);
      loop.beginBatch(next.value, source);
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

/** Data comes from outside the types' reach. */
function checkBatch({ x, y }: Batch): void {
  for (const [name, value] of Object.entries({ x, y }))
    if (!holdsTensors(value) && !(name === 'y' && isMixedTarget(value)))
      throw new TypeError(
        `Learner: the ${name} of a batch must be a tensor, a list or a record of tensors`,
      );
}

function isMixedTarget(value: unknown): boolean {
  return typeof value === 'object' && value !== null && isMixed(value as Target);
}

function holdsTensors(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return tensorsOf(value as Tensors).every((tensor: unknown) => tensor instanceof tf.Tensor);
}
