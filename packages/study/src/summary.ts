import { arms, isSameArm, type Arm } from './grid.ts';
import type { Results, RunResult } from './results.ts';

/** A mean over seeds with its sample standard deviation, NaN of a single one. */
export interface Spread {
  readonly mean: number;
  readonly sd: number;
}

/** What is measured of a run's last epoch. Accuracy is a share of 1. */
export interface Figures<T> {
  readonly trainLoss: T;
  readonly validLoss: T;
  readonly accuracy: T;
  readonly seconds: T;
}

/** One arm over its seeds. */
export interface SummaryRow extends Arm, Figures<Spread> {
  /** Seeds of the complete runs, or of the stopped one where none is complete. */
  readonly seeds: readonly number[];
  readonly status: RunResult['status'];
}

/** A run's figures; NaN where it diverged. */
export function figuresOf({ history, seconds }: RunResult): Figures<number> {
  const last = history.at(-1);
  return {
    trainLoss: last?.trainLoss ?? NaN,
    validLoss: last?.validLoss ?? NaN,
    accuracy: last?.metrics['accuracy'] ?? NaN,
    seconds,
  };
}

/** A row for each arm that has a run; stopped runs count only where an arm has nothing else. */
export function summarize({ settings, runs }: Pick<Results, 'settings' | 'runs'>): SummaryRow[] {
  return arms(settings).flatMap((arm) => {
    const own = runs.filter((run) => isSameArm(run, arm));
    const complete = own.filter(({ status }) => status === 'complete');
    const counted = complete.length > 0 ? complete : own;
    if (counted.length === 0) return [];
    const spreadOf = (key: keyof Figures<number>) =>
      spread(counted.map((run) => figuresOf(run)[key]));
    return {
      ...arm,
      seeds: counted.map(({ seed }) => seed),
      status: complete.length > 0 ? 'complete' : 'stopped',
      trainLoss: spreadOf('trainLoss'),
      validLoss: spreadOf('validLoss'),
      accuracy: spreadOf('accuracy'),
      seconds: spreadOf('seconds'),
    };
  });
}

/** Which complete rows hold the best mean of a figure: the lowest loss, the highest accuracy. None of one row. */
export function bestOf(
  rows: readonly SummaryRow[],
  key: 'trainLoss' | 'validLoss' | 'accuracy',
): SummaryRow[] {
  const ranked = rows.filter((row) => row.status === 'complete' && Number.isFinite(row[key].mean));
  if (ranked.length < 2) return [];
  const means = ranked.map((row) => row[key].mean);
  const best = key === 'accuracy' ? Math.max(...means) : Math.min(...means);
  return ranked.filter((row) => row[key].mean === best);
}

/** Mean and sample standard deviation. */
export function spread(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : NaN };
}
