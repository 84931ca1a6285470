import { CONTENDERS, type OptimizerName } from './optimizers.ts';
import type { Reset, StudySettings } from './settings.ts';

/** What is compared: an optimizer, and when its state is reset. */
export interface Arm {
  readonly optimizer: OptimizerName;
  readonly reset: Reset;
}

/** One training: an arm with a seed. */
export interface Run extends Arm {
  readonly seed: number;
}

/**
 * The arms of a study. A reset at Lookahead's syncs is left out where there is no Lookahead: that run would be
 * the one without resets again.
 */
export function arms(settings: StudySettings): Arm[] {
  return combinations(settings).filter(isDistinct);
}

/** The combinations of a study's optimizers and resets that are not among its arms. */
export function leftOut(settings: StudySettings): Arm[] {
  return combinations(settings).filter((arm) => !isDistinct(arm));
}

function combinations({ optimizers, resets }: StudySettings): Arm[] {
  return resets.flatMap((reset) => optimizers.map((optimizer) => ({ optimizer, reset })));
}

function isDistinct({ optimizer, reset }: Arm): boolean {
  return reset !== 'lookahead-sync' || CONTENDERS[optimizer].inner !== undefined;
}

/** The runs, seed by seed: whenever a study is stopped, the seeds before have all their arms. */
export function grid(settings: StudySettings): Run[] {
  return settings.seeds.flatMap((seed) => arms(settings).map((arm) => ({ ...arm, seed })));
}

/** Whether two are the same arm. */
export function isSameArm(a: Arm, b: Arm): boolean {
  return a.optimizer === b.optimizer && a.reset === b.reset;
}

/** Whether two are the same arm with the same seed. */
export function isSameRun(a: Run, b: Run): boolean {
  return a.seed === b.seed && isSameArm(a, b);
}

/** An arm's name in paths and identifiers. */
export function armKey({ optimizer, reset }: Arm): string {
  return reset === 'none' ? optimizer : `${optimizer}-reset-${reset}`;
}

const RESET_TITLES: Readonly<Record<Reset, string>> = {
  none: '',
  'lookahead-sync': ', reset at sync',
  epoch: ', reset every epoch',
};

/** An arm's name to read. */
export function armTitle({ optimizer, reset }: Arm): string {
  return CONTENDERS[optimizer].title + RESET_TITLES[reset];
}
