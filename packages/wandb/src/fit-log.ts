import * as tf from '@tensorflow/tfjs';
import type { CallbackState, DoneBatchLoop, FitLoop, StepLoop, Wait } from '@tfloop/core';
import type { BatchRows, NumberRow } from './batch-rows.ts';
import { checkpointArtifact } from './checkpoint-artifact.ts';
import { lossAlerts, type SavedAlerts } from './loss-alerts.ts';
import type { WandbMedia } from './media/media.ts';
import { messageOf } from './message-of.ts';
import { samplePredictions } from './sample-predictions.ts';
import { validationCharts } from './validation-charts.ts';
import type { WandbLoggerOptions } from './wandb-logger-options.ts';
import type { RunPosition, WandbRun } from './wandb-run.ts';
import { weightHistograms, weightNorms } from './weight-report.ts';

/** What a checkpoint keeps of a fit's log. */
export interface SavedFitLog {
  readonly position: RunPosition;
  /** Rows that the device has not given yet. */
  readonly rows: CallbackState;
  readonly first: Readonly<Record<string, number>>;
  readonly moving: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  readonly alerts?: SavedAlerts;
}

/** What of a fit goes into its run. Methods throw what goes wrong. */
export interface FitLog {
  readonly run: WandbRun;
  /** Takes a row whose numbers have been read. */
  give(row: NumberRow): void;
  addBatch(loop: DoneBatchLoop): void;
  addValidation(loop: DoneBatchLoop): void;
  addWeights(loop: StepLoop): Wait;
  /** Forgets the weights of a batch that has no row. */
  endBatch(): void;
  addEpoch(loop: FitLoop): Promise<void>;
  addCheckpoint(loop: FitLoop): Promise<void>;
  /** An event has happened, which the next row tells. */
  count(event: string): void;
  state(): CallbackState;
  dispose(): void;
}

/** What a log of a fit is made of. */
export interface FitLogParts {
  readonly run: WandbRun;
  readonly options: WandbLoggerOptions;
  /** The hyper-parameters as the fit begins. */
  readonly first: Readonly<Record<string, number>>;
  readonly rows: BatchRows;
  readonly saved: SavedFitLog | undefined;
  /** Told of what is left out of a row. */
  readonly onError: (error: unknown) => void;
}

/** Makes rows of what a fit does. */
export function fitLog({ run, options, first: given, rows, saved, onError }: FitLogParts): FitLog {
  const { batches = 1, norms: normsEvery = false, histograms = false, samples, classes } = options;
  const alerts =
    (options.alerts ?? true) ? lossAlerts((alert) => run.alert(alert), saved?.alerts) : undefined;
  const charts = classes && validationCharts(classes);
  const first = saved?.first ?? given;
  /** Names of hyper-parameters that are not as they were at first. */
  const moving = new Set(saved?.moving);
  const counts: Record<string, number> = { ...saved?.counts };
  const keys = new Map<string, string>();
  let events: Record<string, number> = {};
  let norms: Record<string, tf.Scalar> = {};
  let hasRows = saved !== undefined;
  let artifact: string | undefined;

  const isDue = (loop: FitLoop): boolean => batches !== false && (loop.batch + 1) % batches === 0;
  /** Put together once: a new text would be looked up by its letters in every batch. */
  const keyOf = (name: string): string => {
    const known = keys.get(name);
    if (known !== undefined) return known;
    const key = `batch/${name}`;
    keys.set(name, key);
    return key;
  };
  const takeEvents = (): Record<string, number> => {
    const taken = events;
    events = {};
    return taken;
  };
  const endBatch = (): void => {
    tf.dispose(norms);
    norms = {};
  };
  /** Media that can't be made costs the row nothing else. */
  const orNone = async (
    option: 'samples' | 'classes',
    make: () => Promise<Record<string, WandbMedia>> | undefined,
  ): Promise<Record<string, WandbMedia> | undefined> => {
    try {
      return await make();
    } catch (error) {
      onError(new Error(`wandbLogger: ${option}: ${messageOf(error)}`, { cause: error }));
      return undefined;
    }
  };

  return {
    run,
    give(row) {
      run.log(row);
      alerts?.batch(row['batch/loss'] ?? 0, row['batch/step'] ?? 0);
    },
    addBatch(loop) {
      if (!isDue(loop) && Object.keys(norms).length === 0) return;
      const { loss, step, epoch, batchInEpoch, batchesPerEpoch, optimizer } = loop;
      const row: Record<string, number> = { 'batch/step': step };
      if (batchesPerEpoch !== undefined)
        row['batch/epoch'] = epoch + (batchInEpoch + 1) / batchesPerEpoch;
      for (const name of optimizer.hyperparameters) {
        const value = optimizer.get(name);
        if (value !== first[name]) moving.add(name);
        // The first row has them all, and the later ones those that a schedule moves.
        if (!hasRows || moving.has(name)) row[keyOf(name)] = value;
      }
      hasRows = true;
      Object.assign(row, takeEvents());
      rows.add(row, loss ? { ...norms, 'batch/loss': loss } : norms);
    },
    addValidation: (loop) => charts?.add(loop),
    addWeights(loop) {
      const due = (every: number | false): boolean =>
        every !== false && (loop.step + 1) % every === 0;
      if (due(normsEvery)) norms = weightNorms(loop);
      if (!due(histograms)) return;
      return weightHistograms(loop).then(async (row) => {
        await rows.flush();
        // They belong to the batch's row, if there will be one.
        run.log({ 'batch/step': loop.step + 1, ...row }, { commit: !isDue(loop) });
      });
    },
    endBatch,
    async addEpoch(loop) {
      await rows.flush();
      const { last } = loop.history;
      if (!last) return;
      const { metrics, trainMetrics, hyperparameters, epoch, ...figures } = last;
      const showsSamples = samples && (epoch + 1) % (samples.every ?? 1) === 0;
      run.log({
        'epoch/epoch': epoch + 1,
        ...prefixed('epoch/', { ...figures, ...metrics, ...hyperparameters }),
        ...prefixed('epoch/train/', trainMetrics),
        ...takeEvents(),
        ...(await orNone('classes', () => charts?.take())),
        ...(showsSamples &&
          (await orNone('samples', () => samplePredictions(loop, samples, classes)))),
      });
      alerts?.epoch(last.trainLoss, epoch);
      run.sync();
    },
    async addCheckpoint(loop) {
      const found = await checkpointArtifact(loop, run, artifact);
      if (!found) return;
      artifact = found.checkpoint;
      run.artifact(found.artifact);
    },
    count(event) {
      const count = (counts[event] ?? 0) + 1;
      counts[event] = count;
      events[`events/${event}`] = count;
    },
    state: () => ({
      position: run.state() as unknown as CallbackState,
      rows: rows.state(),
      first: { ...first },
      moving: [...moving],
      counts: { ...counts },
      ...(alerts && { alerts: { ...alerts.saved() } }),
    }),
    dispose() {
      endBatch();
      charts?.dispose();
    },
  };
}

/** Says what a run's metrics are drawn over, and which of their values is the best. */
export function defineMetrics(
  run: WandbRun,
  figures: readonly string[],
  best: NonNullable<WandbLoggerOptions['best']>,
): void {
  run.defineMetric('batch/*', { step: 'batch/step' });
  for (const name of figures) {
    const mode = best[name] ?? (/loss|error/i.test(name) ? 'min' : 'max');
    run.defineMetric(`epoch/${name}`, {
      step: 'epoch/epoch',
      summary: [mode, 'last'],
      goal: mode === 'min' ? 'minimize' : 'maximize',
    });
  }
  run.defineMetric('epoch/*', { step: 'epoch/epoch' });
}

function prefixed(
  prefix: string,
  values: Readonly<Record<string, number | undefined>>,
): Record<string, number | undefined> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [prefix + key, value]));
}
