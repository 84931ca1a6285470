import { Cancel } from './cancel.ts';
import { nothing, type Work } from './drive.ts';

/** What happens in a scope of the loop. */
export interface ScopeParts {
  /** Left early by a `Cancel` of the scope's kind. */
  readonly work: () => Work;
  /** Follows the work, also where that was left early. */
  readonly after: () => Work;
  /** Ends the scope however it was left. */
  readonly cleanup?: () => Work;
}

/** Runs a scope of the loop; the worst error of its parts gets out. */
export function* scope(kind: Cancel['scope'], parts: ScopeParts): Work {
  const { work, after, cleanup = nothing } = parts;
  const errors: unknown[] = [];
  try {
    yield* work();
  } catch (error) {
    if (!isCancel(kind, error)) errors.push(error);
  }
  try {
    if (errors.length === 0) yield* after();
  } catch (error) {
    if (!isCancel(kind, error)) errors.push(error);
  }
  try {
    yield* cleanup();
  } catch (error) {
    errors.push(error);
  }
  throwWorst(errors);
}

/** Whether something thrown asks to leave a scope of this kind. */
export function isCancel(kind: Cancel['scope'], error: unknown): boolean {
  return error instanceof Cancel && error.scope === kind;
}

/** Throws the first error if there is one; a `Cancel` only where nothing really failed. */
export function throwWorst(errors: readonly unknown[]): void {
  if (errors.length > 0) throw errors.find((error) => !(error instanceof Cancel)) ?? errors[0];
}
