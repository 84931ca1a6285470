import type { ResumeOptions } from './checkpoints/open-resume.ts';
import type { OnNonFinite } from './non-finite.ts';

/** Options of one fit. */
export interface FitOptions {
  /** Forget the optimizer's state before the first step, instead of going on with it. @default false */
  readonly resetOptimizer?: boolean;
  /**
   * Go on from a checkpoint, exactly where it was made: its path, the folder of several, or `'auto'` for the newest of
   * this fit's own `checkpoint`, if there is one yet. Epochs count from the beginning of the run that was saved.
   */
  readonly resume?: string | ResumeOptions;
  /**
   * What to do where the training loss or a gradient is NaN or infinite.
   *
   * `'stop'` looks at the losses whenever they are read anyway, several times a second, and costs nothing: the fit ends
   * as by `stop()`, warns with the batch and the last good checkpoint, and the history's `ended` says why. Some batches
   * have been trained since then. `'skip'` and `'throw'` look at the loss and all gradients in every batch, before the
   * weights move, which waits for the device each time; gradients that callbacks replace are looked at once more.
   * `'skip'` leaves such a batch out: no step, no part in the row's figures but in `skipped`; an epoch of nothing else
   * ends the fit. `'throw'` names the first one that is not finite.
   * @default 'stop'
   */
  readonly onNonFinite?: OnNonFinite;
  /**
   * Write down what each callback takes in each event, and the loop in its own work: time, tensors, bytes, reads of the
   * device. The history then has a `ledger`, which `explain` can draw. Costs some microseconds for each tensor.
   * @default false
   */
  readonly ledger?: boolean;
}

/** Options of {@link Learner.predict}. */
export interface PredictOptions {
  /** @default 256 */
  readonly batchSize?: number;
}

/** Options of {@link Learner.load}. */
export interface LoadOptions {
  /** Which weights of a checkpoint. @default those that were validated */
  readonly view?: string;
}
