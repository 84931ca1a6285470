import { availableParallelism } from 'node:os';
import { describeBackend, useBackend } from '@tfloop/backend';
import type { Callback } from '@tfloop/core';
import type { ImageDataset } from '@tfloop/data';
import { getBackend } from '@tensorflow/tfjs';
import { grid, type Run } from './grid.ts';
import { prepare, readDataset } from './load-data.ts';
import { withRun, type Results, type RunResult } from './results.ts';
import { completeSettings, type StudySettings } from './settings.ts';
import { createModel, trainRun } from './train-run.ts';

/** What {@link runStudy} tells on its way, and how it is stopped. */
export interface StudyOptions {
  /** Ends the running fit cleanly and starts no further one. */
  readonly signal?: AbortSignal;
  /** Images to use in place of the data set that the settings name. Its `test` part is held out. */
  readonly data?: ImageDataset;
  /** Whether Fashion-MNIST may be downloaded (31 MB) where it is missing. @default false */
  readonly download?: boolean;
  /** Callbacks to add to a run, such as a progress bar. */
  readonly callbacks?: (run: Run, place: Place) => readonly Callback[];
  /** Before a run. */
  readonly onRunStart?: (run: Run, place: Place) => void;
  /** After a run, with all results so far; waited for. */
  readonly onRunEnd?: (run: RunResult, results: Results) => void | Promise<void>;
}

/** A run's place among the runs. */
export interface Place {
  /** From 1. */
  readonly number: number;
  readonly of: number;
}

/**
 * Trains every optimizer of the settings with every seed, one after the other, and returns all results.
 *
 * Runs of a seed share first weights, data order and mixup draws; the first batch's loss in the results shows
 * it. Uses the back end that is active, or starts the fastest. Throws a RangeError or TypeError on settings
 * that break a rule (an ExamplesError where the data set has too few images for them), and an Error where the data set is not installed.
 */
export async function runStudy(
  given: Partial<StudySettings> = {},
  options: StudyOptions = {},
): Promise<Results> {
  const settings = completeSettings(given);
  const started = performance.now();
  const startedAt = new Date().toISOString();
  const active: string | null | undefined = getBackend();
  if (!active) await useBackend();
  const data = prepare(
    options.data ?? (await readDataset(settings.dataset, options.download ?? false)),
    settings,
  );
  const runs = grid(settings);
  let results: Results = {
    schema: 'tfloop-study/1',
    startedAt,
    seconds: 0,
    planned: runs.length,
    settings,
    data: {
      name: data.name,
      trainExamples: data.train.labels.length,
      heldOutExamples: data.test.labels.length,
      classes: data.classes.length,
    },
    weights: countWeights(settings, data),
    environment: environment(),
    runs: [],
  };
  for (const [index, run] of runs.entries()) {
    if (options.signal?.aborted) break;
    const place = { number: index + 1, of: runs.length };
    options.onRunStart?.(run, place);
    const result = await trainRun(run, {
      settings,
      data,
      callbacks: options.callbacks?.(run, place) ?? [],
      signal: options.signal,
    });
    results = withRun(results, result, (performance.now() - started) / 1000);
    await options.onRunEnd?.(result, results);
  }
  return results;
}

function countWeights(settings: StudySettings, data: ImageDataset): number {
  const model = createModel(settings, data, 0);
  const count = model.countParams();
  model.dispose();
  return count;
}

function environment(): Results['environment'] {
  const { name, packageName, version } = describeBackend();
  return {
    backend: `${name} (${packageName} ${version})`,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processors: availableParallelism(),
  };
}
