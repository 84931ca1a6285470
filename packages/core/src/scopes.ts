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

/** Runs work and then, however it ended, cleanup; the first error of the two gets out. */
export function* withCleanup(work: () => Work, cleanup: () => Work): Work {
  const errors: unknown[] = [];
  for (const part of [work, cleanup]) {
    try {
      yield* part();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
