import type { LoopState } from '../loop-state.ts';
import { openResume, refuseDifferences, type ResumeOptions } from './open-resume.ts';
import { planResume } from './plan-resume.ts';
import type { Resume } from './restore.ts';
import { disposeRunState } from './take-snapshot.ts';

/**
 * Opens what a fit goes on from; nothing where `'auto'` finds none. Throws where it is of another run. The caller owns
 * the tensors of its state.
 */
export async function beginResume(
  loop: LoopState,
  { from, allow }: Required<ResumeOptions>,
): Promise<Resume | undefined> {
  const opened = await openResume(from, loop.plan);
  if (!opened) return undefined;
  try {
    const own = await loop.fingerprint();
    refuseDifferences(opened, own, allow);
    return planResume(opened, own);
  } catch (error) {
    disposeRunState(opened.state);
    throw error;
  }
}
