import { differences } from './differences.ts';
import type { Opened } from './open-resume.ts';
import type { Resume } from './restore.ts';
import type { ResumePoint } from './resume-point.ts';
import type { Fingerprint } from './run-state.ts';

/**
 * How a run goes on from what was saved, where they may differ as somebody has said.
 *
 * On other training data the epoch that was running begins anew: its place in there means nothing any more. A run that
 * a callback had finished is finished, unless something differs. Throws where more epochs have begun than the run has.
 */
export function planResume({ state, place }: Opened, own: Fingerprint): Resume {
  const { position, fingerprint } = state;
  const begun = position.epoch + (position.inEpoch ? 1 : 0);
  if (begun > own.epochs)
    throw new Error(
      `Learner.fit: resume: ${place} has begun ${begun} epochs, more than the ${own.epochs} of this fit; pass at least so many`,
    );
  const otherData = JSON.stringify(fingerprint.data.train) !== JSON.stringify(own.data.train);
  const inEpoch = otherData ? null : position.inEpoch;
  const isSame = differences(fingerprint, own).length === 0;
  const point: ResumePoint = {
    from: place,
    epoch: position.epoch,
    batchInEpoch: inEpoch?.batches ?? 0,
    step: position.step,
    finished: isSame ? position.finished : undefined,
  };
  return { state, own, point, inEpoch, otherData };
}

/** Training batches of the whole fit: on other data those that are done, and what is left of the new ones. */
export function totalBatches(
  batches: number | undefined,
  epochs: number,
  resume: Resume | undefined,
): number | undefined {
  if (batches === undefined) return undefined;
  if (!resume?.otherData) return batches * epochs;
  const { batch, epoch } = resume.state.position;
  return batch + (epochs - epoch) * batches;
}
