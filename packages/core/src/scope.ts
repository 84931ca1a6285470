import { Cancel } from './cancel.ts';
import type { Work } from './drive.ts';

/** What happens in a scope of the loop. */
export interface ScopeParts {
  /** Left early by a `Cancel` of the scope's kind. */
  readonly work: () => Work;
  /** Follows the work, also where that was left early; undefined where there is nothing to do. */
  readonly after: () => Work | undefined;
  /** Ends the scope however it was left; undefined where there is nothing to do. */
  readonly cleanup?: () => Work | undefined;
  /** Frees what the scope held, at once, after its cleanup. */
  readonly free?: () => void;
}

/** Runs a scope of the loop; the worst error of its parts gets out. */
export function* scope(kind: Cancel['scope'], parts: ScopeParts): Work {
  const { work, after, cleanup, free } = parts;
  const errors: unknown[] = [];
  try {
    yield* work();
  } catch (error) {
    if (!isCancel(kind, error)) errors.push(error);
  }
  try {
    const next = errors.length === 0 ? after() : undefined;
    if (next) yield* next;
  } catch (error) {
    if (!isCancel(kind, error)) errors.push(error);
  }
  try {
    try {
      const last = cleanup?.();
      if (last) yield* last;
    } finally {
      free?.();
    }
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
