import type * as tf from '@tensorflow/tfjs';
import { CancelStep } from './cancel.ts';
import { firstNonFinite } from './checkpoints/first-non-finite.ts';
import { wait, type Work } from './drive.ts';
import type { LoopState } from './loop-state.ts';
import type { Gradients } from './optimizer.ts';
import { lastCheckpoint, where, type Moment } from './where.ts';

/** What a fit does about a loss or gradients that are not finite. */
export type OnNonFinite = 'stop' | 'skip' | 'throw';

export const ON_NON_FINITE: readonly OnNonFinite[] = ['stop', 'skip', 'throw'];

const CAUSES =
  'Usual causes: a learning rate that is too high, labels that are no classes of the model, NaN or infinite or ' +
  'unscaled inputs, numbers beyond the range of 16-bit floats.';

/** Ends a fit after a loss that is not finite, whose batch may be some time ago. */
export function stopAfter(loop: LoopState, loss: number, moment: Moment): void {
  stop(loop, `the loss was ${loss} in ${where(moment)}`);
}

/** Ends a fit after an epoch in which no batch could be trained on: the next one would be no better. */
export function stopWhereAllSkipped(loop: LoopState): void {
  if (loop.skipped > 0 && loop.skipped === loop.batchInEpoch)
    stop(loop, `every batch of epoch ${loop.epoch} was skipped`);
}

function stop(loop: LoopState, what: string): void {
  if (loop.stoppedByNumbers) return;
  loop.stoppedByNumbers = true;
  console.warn(`Learner.fit: ${what}, so the fit ends. ${CAUSES}${lastCheckpoint(loop)}`);
  loop.stop(what);
}

/**
 * Where `onNonFinite` is not `'stop'`: leaves the step or the fit if the loop's loss or gradients are not finite, else
 * returns the gradients that it has looked at. Waits for the device, once.
 */
export function* decideStep(loop: LoopState): Work<ReadonlyMap<string, unknown>> {
  const computed = new Map(loop.grads);
  try {
    yield* decide(loop, { 'the loss': loop.loss, ...byTitle(computed) });
  } catch (error) {
    // Nobody has taken the loss over yet.
    loop.keepForBatch(loop.loss);
    throw error;
  }
  return computed;
}

/** Decides about the gradients that callbacks have put in the place of those looked at. */
export function* decideReplaced(loop: LoopState, seen: ReadonlyMap<string, unknown>): Work {
  const replaced = [...loop.grads].filter(([name, gradient]) => seen.get(name) !== gradient);
  if (replaced.length > 0) yield* decide(loop, byTitle(new Map(replaced)));
}

function* decide(loop: LoopState, tensors: Parameters<typeof firstNonFinite>[0]): Work {
  const broken = yield* wait(firstNonFinite(tensors));
  if (broken === undefined) return;
  const what = `${broken} is not finite in ${where(loop)}`;
  if (loop.onNonFinite === 'throw')
    throw new Error(
      `Learner.fit: ${what}; no weight has moved since. ${CAUSES}${lastCheckpoint(loop)}`,
    );
  loop.skipped++;
  if (!loop.toldOfSkip)
    console.warn(
      `Learner.fit: ${what}: it is skipped, as are others like it, which the history's rows count. ${CAUSES}`,
    );
  loop.toldOfSkip = true;
  throw new CancelStep();
}

function byTitle(gradients: Gradients): Record<string, tf.Tensor> {
  return Object.fromEntries(
    [...gradients].map(([name, gradient]) => [`the gradient of "${name}"`, gradient]),
  );
}
