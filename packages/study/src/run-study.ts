import { useBackend } from '@tfloop/backend';
import type { Callback } from '@tfloop/core';
import type { ImageDataset } from '@tfloop/data';
import { getBackend } from '@tensorflow/tfjs';
import { environment } from './environment.ts';
import { grid, isSameRun, type Run } from './grid.ts';
import { prepare, readDataset } from './load-data.ts';
import { differences } from './other-study.ts';
import { withRun, type Results, type RunResult } from './results.ts';
import { removeRunFolder, runFolder } from './run-checkpoints.ts';
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
  /**
   * A folder for checkpoints, made every epoch, every 30 seconds and where the study is stopped. A run that has some
   * there goes on from the newest, exactly. Those of a complete run are removed after `onRunEnd`. @default none are made
   */
  readonly checkpoints?: string;
  /** Results of this study so far: runs that are complete there are taken over, the others are trained. */
  readonly resume?: Results;
  /** Before the first run, with the results that there are; waited for. */
  readonly onStart?: (results: Results) => void | Promise<void>;
  /** Before a run. */
  readonly onRunStart?: (run: Run, place: Place) => void;
  /** A run goes on from its checkpoint, of so many optimizer steps. */
  readonly onRunResume?: (run: Run, step: number) => void;
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
 * that break a rule (an ExamplesError where the data set has too few images for them), and an Error where the data set is not installed, or where
 * `resume` is of another study, saying what differs.
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
  const { resume: earlier, checkpoints } = options;
  if (earlier) {
    const different = differences(earlier, results);
    if (different.length > 0)
      throw new Error(
        `study: resume holds the results of another study:\n  ${different.join('\n  ')}`,
      );
    results = earlier;
  }
  await options.onStart?.(results);
  for (const [index, run] of runs.entries()) {
    if (options.signal?.aborted) break;
    const folder = checkpoints === undefined ? undefined : runFolder(checkpoints, run);
    if (!isDone(results, run)) {
      const place = { number: index + 1, of: runs.length };
      options.onRunStart?.(run, place);
      const result = await trainRun(run, {
        settings,
        data,
        callbacks: options.callbacks?.(run, place) ?? [],
        signal: options.signal,
        checkpoints: folder,
        onResume: (step) => options.onRunResume?.(run, step),
      });
      const seconds = (earlier?.seconds ?? 0) + (performance.now() - started) / 1000;
      results = withRun(results, result, seconds);
      await options.onRunEnd?.(result, results);
    }
    // Not before: until the results are kept, the checkpoints are all that there is of the run.
    if (folder !== undefined && isDone(results, run)) await removeRunFolder(folder);
  }
  return results;
}

function isDone({ runs }: Results, run: Run): boolean {
  return runs.some((other) => other.status === 'complete' && isSameRun(other, run));
}

function countWeights(settings: StudySettings, data: ImageDataset): number {
  const model = createModel(settings, data, 0);
  const count = model.countParams();
  model.dispose();
  return count;
}
