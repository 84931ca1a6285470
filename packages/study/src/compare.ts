import { arms, isSameArm, type Arm } from './grid.ts';
import { CONTENDERS } from './optimizers.ts';
import type { Results } from './results.ts';
import { studentT } from './student-t.ts';
import { figuresOf, spread } from './summary.ts';

/** A mean difference and its 95 % confidence interval, which takes three pairs at least. */
export interface Difference {
  readonly mean: number;
  readonly interval?: readonly [low: number, high: number];
}

/** Two arms that differ in one thing, compared seed by seed. */
export interface Comparison {
  /** The arm with the thing. */
  readonly arm: Arm;
  /** The arm without. */
  readonly base: Arm;
  /** Seeds that both completed. */
  readonly seeds: readonly number[];
  /** `arm` minus `base`. */
  readonly validLoss: Difference;
  readonly accuracy: Difference;
}

/**
 * The comparisons that a study allows: Lookahead with its inner optimizer, and each reset with none.
 *
 * Both sides of a pair have the seed, and with it the first weights and the data order, in common.
 */
export function compare({ settings, runs }: Pick<Results, 'settings' | 'runs'>): Comparison[] {
  const complete = runs.filter(({ status }) => status === 'complete');
  return arms(settings).flatMap((arm) =>
    basesOf(arm).flatMap((base) => {
      const pairs = complete
        .filter((run) => isSameArm(run, arm))
        .flatMap((run) => {
          const other = complete.find((o) => o.seed === run.seed && isSameArm(o, base));
          return other ? [{ seed: run.seed, one: figuresOf(run), other: figuresOf(other) }] : [];
        });
      if (pairs.length === 0) return [];
      const differenceOf = (key: 'validLoss' | 'accuracy') =>
        difference(pairs.map(({ one, other }) => one[key] - other[key]));
      return {
        arm,
        base,
        seeds: pairs.map(({ seed }) => seed),
        validLoss: differenceOf('validLoss'),
        accuracy: differenceOf('accuracy'),
      };
    }),
  );
}

/** The arms that lack one thing of an arm. */
function basesOf({ optimizer, reset }: Arm): Arm[] {
  const { inner } = CONTENDERS[optimizer];
  return [
    ...(reset === 'none' ? [] : [{ optimizer, reset: 'none' as const }]),
    ...(inner && reset !== 'lookahead-sync' ? [{ optimizer: inner, reset }] : []),
  ];
}

/**
 * The mean of paired differences, with the interval of Student's t from three on: two happen to be equal so
 * easily that theirs can have no width, or else it is too wide to say anything.
 */
export function difference(values: readonly number[]): Difference {
  const { mean, sd } = spread(values);
  if (values.length < 3) return { mean };
  const half = (studentT(0.95, values.length - 1) * sd) / Math.sqrt(values.length);
  return { mean, interval: [mean - half, mean + half] };
}
