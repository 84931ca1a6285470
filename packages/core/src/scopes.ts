import { Cancel } from './cancel.ts';
import type { Work } from './drive.ts';

/** Runs work that a `Cancel` of this scope may leave early. */
export function* cancellable(scope: Cancel['scope'], work: () => Work): Work {
  try {
    yield* work();
  } catch (error) {
    if (!(error instanceof Cancel && error.scope === scope)) throw error;
  }
}

/** Runs work and then, however it ended, cleanup; the worse error of the two gets out. */
export function* withCleanup(work: () => Work, cleanup: () => Work): Work {
  const errors: unknown[] = [];
  for (const part of [work, cleanup]) {
    try {
      yield* part();
    } catch (error) {
      errors.push(error);
    }
  }
  throwWorst(errors);
}

/** Throws the first error if there is one; a `Cancel` only where nothing really failed. */
export function throwWorst(errors: readonly unknown[]): void {
  if (errors.length > 0) throw errors.find((error) => !(error instanceof Cancel)) ?? errors[0];
}
