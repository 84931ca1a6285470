import type { HistoryRow } from '@tfloop/core';
import { isSameRun, type Run } from './grid.ts';
import type { StudySettings } from './settings.ts';

/** A finished or stopped run. */
export interface RunResult extends Run {
  /** `'stopped'` where it was asked to end early: its last row then holds less than an epoch. One that diverged is complete. */
  readonly status: 'complete' | 'stopped';
  /** Loss of the first batch, before the first step: equal for all runs of a seed, which are paired by it. */
  readonly firstLoss: number;
  /** Optimizer steps done. */
  readonly steps: number;
  /** Wall time of training and validation. */
  readonly seconds: number;
  readonly history: readonly HistoryRow[];
}

/** A study's settings, surroundings and runs. */
export interface Results {
  readonly schema: 'tfloop-study/1';
  /** ISO 8601. */
  readonly startedAt: string;
  /** Wall time of the whole. */
  readonly seconds: number;
  /** Runs of the grid; fewer are in `runs` where the study was stopped. */
  readonly planned: number;
  readonly settings: StudySettings;
  readonly data: {
    readonly name: string;
    readonly trainExamples: number;
    readonly heldOutExamples: number;
    readonly classes: number;
  };
  /** Trainable numbers of the model. */
  readonly weights: number;
  readonly environment: {
    /** In words: the back end, its package and version. */
    readonly backend: string;
    readonly node: string;
    readonly platform: string;
    readonly processors: number;
  };
  readonly runs: readonly RunResult[];
}

/** The results with one run more; a run of the same arm and seed is replaced. */
export function withRun(results: Results, run: RunResult, seconds: number): Results {
  const others = results.runs.filter((other) => !isSameRun(other, run));
  return { ...results, seconds, runs: [...others, run] };
}

/** Seconds that the runs to come take, if they take as long as those so far; undefined before the first. */
export function secondsLeft({
  runs,
  planned,
}: Pick<Results, 'runs' | 'planned'>): number | undefined {
  if (runs.length === 0) return undefined;
  const sum = runs.reduce((total, { seconds }) => total + seconds, 0);
  return (sum / runs.length) * (planned - runs.length);
}

/** Whether every run of the grid came to its end. */
export function isComplete({ runs, planned }: Results): boolean {
  return runs.length === planned && runs.every(({ status }) => status === 'complete');
}
