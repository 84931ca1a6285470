import type { Results } from './results.ts';

const COLUMNS = [
  'optimizer',
  'reset',
  'seed',
  'status',
  'epoch',
  'trainLoss',
  'smoothLoss',
  'validLoss',
  'accuracy',
  'lr',
  'seconds',
] as const;

/** A line for each epoch of each run, under a header; epochs count from 1, and unknown values are empty. */
export function resultsCsv({ runs }: Pick<Results, 'runs'>): string {
  const records = runs.flatMap(({ optimizer, reset, seed, status, history }) =>
    history.map((row): Record<(typeof COLUMNS)[number], string | number | undefined> => ({
      optimizer,
      reset,
      seed,
      status,
      epoch: row.epoch + 1,
      trainLoss: row.trainLoss,
      smoothLoss: row.smoothLoss,
      validLoss: row.validLoss,
      accuracy: row.metrics['accuracy'],
      lr: row.hyperparameters['lr'],
      seconds: row.seconds,
    })),
  );
  const lines = records.map((record) => COLUMNS.map((column) => record[column] ?? '').join(','));
  return [COLUMNS.join(','), ...lines].join('\n') + '\n';
}
