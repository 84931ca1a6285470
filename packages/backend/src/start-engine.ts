import { findBackendFactory, setBackend } from '@tensorflow/tfjs';
import { UnavailableError } from './unavailable-error.ts';

/** Makes tfjs compute on the back end that it knows as `engineName`, or throws an {@link UnavailableError} with the two texts. */
export async function startEngine(
  engineName: string,
  problem: string,
  remedy: string,
): Promise<void> {
  const factory: unknown = findBackendFactory(engineName);
  if (factory === null || factory === undefined || !(await setBackend(engineName))) {
    throw new UnavailableError(problem, remedy);
  }
}
