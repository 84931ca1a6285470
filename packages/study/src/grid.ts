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
export function arms({ optimizers, resets }: StudySettings): Arm[] {
  return resets.flatMap((reset) =>
    optimizers
      .filter((optimizer) => reset !== 'lookahead-sync' || CONTENDERS[optimizer].inner)
      .map((optimizer) => ({ optimizer, reset })),
  );
}

/** The runs, seed by seed: whenever a study is stopped, the seeds before have all their arms. */
export function grid(settings: StudySettings): Run[] {
  return settings.seeds.flatMap((seed) => arms(settings).map((arm) => ({ ...arm, seed })));
}

/** Whether two are the same arm. */
export function isSameArm(a: Arm, b: Arm): boolean {
  return a.optimizer === b.optimizer && a.reset === b.reset;
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
