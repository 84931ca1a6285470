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

/** A line for each epoch of each run, under a header; epochs count from 1, unknown values are empty, and what is not finite is NaN. */
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
  const lines = records.map((record) => COLUMNS.map((column) => field(record[column])).join(','));
  return [COLUMNS.join(','), ...lines].join('\n') + '\n';
}

/** As in JSON, infinities are not told from NaN: results that were read back give the same lines. */
function field(value: string | number | undefined): string {
  if (typeof value === 'number' && !Number.isFinite(value)) return 'NaN';
  return String(value ?? '');
}
