import type { ResumePoint } from '@tfloop/core';

/** Where a fit goes on, in one line: `resumed at epoch 2/3, batch 51, from step-00000175 in runs/1`. */
export function resumeLine(
  { from, epoch, batchInEpoch, finished }: ResumePoint,
  epochs: number,
  label = '',
): string {
  const start = label ? `${label}  ` : '';
  if (finished !== undefined && batchInEpoch === 0)
    return `${start}nothing left to train: the run had ended (${finished}), as ${from} says`;
  if (epoch >= epochs)
    return `${start}nothing left to train: all ${epochs} epochs are done, as ${from} says`;
  const batch = batchInEpoch > 0 ? `, batch ${batchInEpoch + 1}` : '';
  return `${start}resumed at epoch ${epoch + 1}/${epochs}${batch}, from ${from}`;
}
