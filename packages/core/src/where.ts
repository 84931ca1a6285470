import type { LoopState } from './loop-state.ts';

/** A batch of a run, to speak of. */
export interface Moment extends Pick<LoopState, 'phase' | 'epoch' | 'batchInEpoch' | 'step'> {
  /** What the data is called where it is evaluated outside of a fit. */
  readonly evaluated?: string | undefined;
}

/** What the data of a moment is called. */
export function dataName({ phase, evaluated }: Pick<Moment, 'phase' | 'evaluated'>): string {
  return evaluated ?? `data.${phase}`;
}

/** Which batch it is, for error messages: `batch 3 of data.train in epoch 0 (step 3)`. */
export function where(moment: Moment): string {
  const { phase, epoch, batchInEpoch, step, evaluated } = moment;
  const batch = `batch ${batchInEpoch} of ${dataName(moment)}`;
  if (evaluated !== undefined) return batch;
  return `${batch} in epoch ${epoch}${phase === 'train' ? ` (step ${step})` : ''}`;
}

/** A sentence that names the newest checkpoint of the fit's callbacks, after a space; nothing where there is none. */
export function lastCheckpoint({ plan }: Pick<LoopState, 'plan'>): string {
  for (const callback of plan) {
    const name = callback.lastCheckpoint?.();
    if (name !== undefined) return ` The last good checkpoint is ${name}.`;
  }
  return '';
}
