/** The events of the loop, in the order in which they first come. */
export const EVENTS = [
  'beforeFit',
  'beforeEpoch',
  'beforeTrain',
  'beforeBatch',
  'afterPred',
  'afterLoss',
  'afterBackward',
  'beforeStep',
  'afterStep',
  'afterBatch',
  'cleanupBatch',
  'atRest',
  'afterTrain',
  'beforeValidate',
  'afterValidate',
  'afterEpoch',
  'cleanupEpoch',
  'afterFit',
  'cleanupFit',
] as const;

/** The name of an event. */
export type EventName = (typeof EVENTS)[number];
