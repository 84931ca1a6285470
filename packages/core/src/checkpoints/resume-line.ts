import type { ResumePoint } from './resume-point.ts';

/** Where a fit of so many epochs goes on, in one line: `resumed at epoch 2/3, batch 51, from step-00000175 in runs/1`. */
export function resumeLine(
  { from, epoch, batchInEpoch, finished }: ResumePoint,
  epochs: number,
): string {
  if (finished !== undefined && batchInEpoch === 0)
    return `nothing left to train: the run had ended (${finished}), as ${from} says`;
  if (epoch >= epochs)
    return `nothing left to train: all ${epochs} epochs are done, as ${from} says`;
  const batch = batchInEpoch > 0 ? `, batch ${batchInEpoch + 1}` : '';
  return `resumed at epoch ${epoch + 1}/${epochs}${batch}, from ${from}`;
}
