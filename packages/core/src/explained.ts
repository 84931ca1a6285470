import { Cancel } from './cancel.ts';
import type { LoopState } from './loop-state.ts';
import { explainBackendFailure } from './backend-failure.ts';
import { where } from './where.ts';

/**
 * What to throw in place of an error of what others have written (the data, the model, the loss): its message says
 * whose it was, in which batch and on what; `cause` is the error itself.
 */
export function explained(loop: LoopState, part: string, error: unknown, on = ''): unknown {
  if (error instanceof Cancel) return error;
  const explanation = explainBackendFailure(loop, error);
  if (explanation !== error) return explanation;
  const message = error instanceof Error ? error.message : String(error);
  return new Error(
    `Learner: ${part} failed in ${where(loop)}${on && ` on ${on}`}: ${message.replace(/^Learner: /, '')}`,
    { cause: error },
  );
}
