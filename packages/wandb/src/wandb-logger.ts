import * as tf from '@tensorflow/tfjs';
import { platform } from '#platform';
import type { Callback, CallbackState, DoneBatchLoop, FitLoop, StepLoop, Wait } from '@tfloop/core';
import { batchRows, type NumberRow } from './batch-rows.ts';
import { checkpointArtifact } from './checkpoint-artifact.ts';
import { lossAlerts } from './loss-alerts.ts';
import { openRun, RunRefusedError, type OpenRunOptions, type OpenRunParts } from './run.ts';
import { runConfig } from './run-config.ts';
import { samplePredictions } from './sample-predictions.ts';
import { sayer } from './say.ts';
import { isWandbRun, sdkRun } from './sdk-adapter.ts';
import { validationCharts, type ValidationCharts } from './validation-charts.ts';
import { checkWandbLoggerOptions, type WandbLoggerOptions } from './wandb-logger-options.ts';
import type { RunPosition, WandbRun } from './wandb-run.ts';
import { weightHistograms, weightNorms } from './weight-report.ts';

/** The callback, and its run. */
export interface WandbLogger extends Callback {
  /** The run of the fit that is running; undefined before its first batch and after its end. */
  readonly run: WandbRun | undefined;
}

/** Callbacks in whose fits nothing is logged: they try learning rates, and go back to where they began. */
const SEARCHES = ['lrFinder', 'learningRateFinder'];

/**
 * Logs a fit to Weights & Biases, each fit a run: configuration, rows by batch and by epoch, and what else is asked for.
 *
 * Rows by batch are over `batch/step`, the optimizer's steps; rows by epoch over `epoch/epoch`, the epochs done. Every
 * row is in the run's log, which survives the process, before the next batch begins, where tensors are in the host's
 * memory; on a GPU losses are read together, up to 64 batches or 0.1 s later. In a fit with a callback named `lrFinder`
 * or `learningRateFinder` nothing is logged. A run that is resumed from a checkpoint goes on at its row.
 *
 * Throws a RangeError or TypeError on an unfit option, and before the first batch where `resume` refuses the run. No other
 * trouble reaches the fit, unless `strict` asks for it.
 */
export function wandbLogger(
  options: WandbLoggerOptions = {},
  parts: OpenRunParts = {},
): WandbLogger {
  checkWandbLoggerOptions(options);
  const {
    batches = 1,
    norms = false,
    histograms = false,
    samples,
    classes,
    strict = false,
  } = options;
  const { checkpoints = false, alerts = true, best = {}, config = {} } = options;
  const { run: given, finish = true, ...runOptions } = ownOptions(options);
  const { host } = parts.platform ?? platform;
  const say = sayer((line) => host.say(line), options.silent ?? false);
  const rows = batchRows((row) => {
    if (fit) logBatch(fit, row);
  });
  let fit: Fit | undefined;
  let saved: SavedFit | undefined;
  let isSearch = false;
  let hasEnded = false;
  let stopAsked = false;

  const open = async (loop: FitLoop): Promise<void> => {
    if (fit || isSearch) return;
    const run = given
      ? isWandbRun(given)
        ? given
        : sdkRun(given, (line) => host.say(line), options)
      : await openRun(
          { ...runOptions, ...(saved && { from: saved.position }) },
          { ...parts, onStopped: () => void (stopAsked = true), flush: () => rows.flush() },
        );
    const begun: Fit = {
      run,
      alerts: alerts ? lossAlerts((alert) => run.alert(alert)) : undefined,
      charts: classes ? validationCharts(classes) : undefined,
      first: saved?.first ?? hyperparameters(loop),
      moving: new Set(saved?.moving ?? []),
      events: {},
      counts: { ...saved?.counts },
      norms: {},
      hasRows: saved !== undefined,
      artifact: undefined,
    };
    fit = begun;
    if (run.mode === 'disabled') return;
    run.defineMetric('batch/*', { step: 'batch/step' });
    for (const name of loop.figures) {
      const goal = best[name] ?? (/loss|error/i.test(name) ? 'min' : 'max');
      run.defineMetric(`epoch/${name}`, {
        step: 'epoch/epoch',
        summary: [goal, 'last'],
        goal: goal === 'min' ? 'minimize' : 'maximize',
      });
    }
    run.defineMetric('epoch/*', { step: 'epoch/epoch' });
    run.config({ ...(await runConfig(loop, host.runtime)), ...config });
  };

  const logBatch = ({ run, alerts: watched }: Fit, row: NumberRow): void => {
    run.log(row);
    watched?.batch(row['batch/loss'] ?? 0, row['batch/step'] ?? 0);
  };

  const isDue = (loop: FitLoop): boolean => batches !== false && (loop.batch + 1) % batches === 0;

  const addBatch = (loop: DoneBatchLoop, begun: Fit): void => {
    const scalars = begun.norms;
    begun.norms = {};
    if (!isDue(loop) && Object.keys(scalars).length === 0) return;
    const { loss, step, epoch, batchInEpoch, batchesPerEpoch } = loop;
    const row: Record<string, number> = { 'batch/step': step };
    if (batchesPerEpoch !== undefined)
      row['batch/epoch'] = epoch + (batchInEpoch + 1) / batchesPerEpoch;
    for (const name of loop.optimizer.hyperparameters) {
      const value = loop.optimizer.get(name);
      if (value !== begun.first[name]) begun.moving.add(name);
      // The first row has them all, and the later ones those that a schedule moves.
      if (!begun.hasRows || begun.moving.has(name)) row[`batch/${name}`] = value;
    }
    begun.hasRows = true;
    Object.assign(row, takeEvents(begun));
    rows.add(row, loss ? { ...scalars, 'batch/loss': loss } : scalars);
    tf.dispose(scalars);
  };

  const addWeights = (loop: StepLoop, begun: Fit): Wait => {
    const due = (every: number | false): boolean =>
      every !== false && (loop.step + 1) % every === 0;
    if (due(norms)) begun.norms = weightNorms(loop);
    if (!due(histograms)) return;
    return weightHistograms(loop).then(async (row) => {
      await rows.flush();
      // They belong to the batch's row, if there will be one.
      begun.run.log({ 'batch/step': loop.step + 1, ...row }, { commit: !isDue(loop) });
    });
  };

  const addEpoch = async (loop: FitLoop, begun: Fit): Promise<void> => {
    const { run, charts } = begun;
    await rows.flush();
    const { last } = loop.history;
    if (!last) return;
    const { metrics, trainMetrics, hyperparameters: values, epoch, ...figures } = last;
    run.log({
      'epoch/epoch': epoch + 1,
      ...prefixed('epoch/', { ...figures, ...metrics, ...values }),
      ...prefixed('epoch/train/', trainMetrics),
      ...takeEvents(begun),
      ...(await charts?.take()),
      ...(samples &&
        (epoch + 1) % (samples.every ?? 1) === 0 &&
        (await samplePredictions(loop, samples, classes))),
    });
    begun.alerts?.epoch(last.trainLoss, epoch);
    run.sync();
  };

  const addCheckpoint = async (loop: FitLoop, begun: Fit): Promise<void> => {
    if (!checkpoints) return;
    const found = await checkpointArtifact(loop, begun.run, begun.artifact);
    if (!found) return;
    begun.artifact = found.checkpoint;
    begun.run.artifact(found.artifact);
  };

  const end = async (): Promise<void> => {
    const begun = fit;
    if (!begun) return;
    try {
      await rows.flush();
    } finally {
      fit = undefined;
      rows.dispose();
      tf.dispose(begun.norms);
      begun.charts?.dispose();
      if (finish) await begun.run.finish(hasEnded ? 0 : 1);
      else begun.run.sync();
    }
  };

  const trouble = (error: unknown): void => {
    if (strict || error instanceof RunRefusedError) throw error;
    say(`not everything is logged: ${error instanceof Error ? error.message : String(error)}`);
  };
  /** No error of a hook reaches the fit. */
  const walled =
    <L>(hook: (loop: L) => Wait) =>
    (loop: L): Wait => {
      try {
        const result = hook(loop);
        return result instanceof Promise ? result.catch(trouble) : result;
      } catch (error) {
        trouble(error);
      }
    };
  /** A hook of a fit that is logged. */
  const logged = <L>(hook: (loop: L, begun: Fit) => Wait) =>
    walled<L>((loop) => {
      if (!fit || fit.run.mode === 'disabled') return;
      // What is trained while a signal ends the process is lost, so the run's end is where the training's is.
      return host.stopping() ?? hook(loop, fit);
    });
  const counting = (name: string) =>
    walled<FitLoop>(() => {
      if (!fit) return;
      const count = (fit.counts[name] ?? 0) + 1;
      fit.counts[name] = count;
      fit.events[`events/${name}`] = count;
    }) as () => undefined;

  return {
    name: 'wandbLogger',
    options: shownOptions(options),
    get run() {
      return fit?.run;
    },
    // After those whose doings are logged.
    order: 2e6,
    passive: true,
    signals: {
      'lookahead-sync': counting('lookaheadSyncs'),
      'state-reset': counting('stateResets'),
    },

    beforeFit({ plan }) {
      fit = saved = undefined;
      [hasEnded, stopAsked] = [false, false];
      isSearch = plan.some(({ name }) => SEARCHES.includes(name));
    },
    beforeEpoch: walled(open),
    // A fit that is resumed begins within an epoch.
    beforeBatch: walled((loop) => (fit || isSearch ? undefined : open(loop))),
    ...((norms !== false || histograms !== false) && {
      afterBackward: logged(addWeights),
      // A batch that was cancelled has no row.
      cleanupBatch: logged((_, begun) => {
        tf.dispose(begun.norms);
        begun.norms = {};
      }),
    }),
    afterBatch: logged((loop: DoneBatchLoop, begun) => {
      if (loop.phase === 'valid') begun.charts?.add(loop);
      else addBatch(loop, begun);
      if (stopAsked) loop.stop('Stop was pressed on the page of the run');
    }),
    afterEpoch: logged(addEpoch),
    atRest: logged((loop) =>
      checkpoints && loop.rest === 'epoch' ? addCheckpoint(loop, fit as Fit) : undefined,
    ),
    afterFit() {
      hasEnded = true;
    },
    cleanupFit: walled(end),

    state(): CallbackState {
      if (!fit || fit.run.mode === 'disabled') return null;
      const { run, first, moving, counts } = fit;
      return {
        position: { ...run.state() },
        rows: rows.state(),
        first: { ...first },
        moving: [...moving],
        counts: { ...counts },
      };
    },
    load(state) {
      saved = (state ?? undefined) as unknown as SavedFit | undefined;
      if (saved) rows.load(saved.rows);
    },
  };
}

/** What is kept during a fit. */
interface Fit {
  readonly run: WandbRun;
  readonly alerts: ReturnType<typeof lossAlerts> | undefined;
  readonly charts: ValidationCharts | undefined;
  /** The hyper-parameters as the fit began, and the names of those that have moved. */
  readonly first: Readonly<Record<string, number>>;
  readonly moving: Set<string>;
  /** What has happened since the last row, and how often what has happened. */
  events: Record<string, number>;
  readonly counts: Record<string, number>;
  /** Of the running batch; to be disposed of. */
  norms: Record<string, tf.Scalar>;
  hasRows: boolean;
  /** The checkpoint that was logged last. */
  artifact: string | undefined;
}

/** What a checkpoint keeps of a fit. */
interface SavedFit {
  readonly position: RunPosition;
  readonly rows: CallbackState;
  readonly first: Readonly<Record<string, number>>;
  readonly moving: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

function hyperparameters({ optimizer }: FitLoop): Record<string, number> {
  return Object.fromEntries(optimizer.hyperparameters.map((name) => [name, optimizer.get(name)]));
}

function takeEvents(fit: Fit): Record<string, number> {
  const { events } = fit;
  fit.events = {};
  return events;
}

function prefixed(
  prefix: string,
  values: Readonly<Record<string, number | undefined>>,
): Record<string, number | undefined> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [prefix + key, value]));
}

/** Those that say how a run is opened. */
function ownOptions({
  batches: _batches,
  norms: _norms,
  histograms: _histograms,
  samples: _samples,
  classes: _classes,
  checkpoints: _checkpoints,
  alerts: _alerts,
  best: _best,
  config: _config,
  ...rest
}: WandbLoggerOptions): Omit<OpenRunOptions, 'from'> & Pick<WandbLoggerOptions, 'run' | 'finish'> {
  return rest;
}

/** Without the key, and without what can't be shown. */
function shownOptions({
  apiKey: _apiKey,
  run: _run,
  samples: _samples,
  config: _config,
  ...shown
}: WandbLoggerOptions): Record<string, unknown> {
  return shown;
}
