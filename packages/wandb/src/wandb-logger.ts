import { platform } from '#platform';
import {
  checkInputs,
  type Callback,
  type DoneBatchLoop,
  type FitLoop,
  type Wait,
} from '@tfloop/core';
import { batchRows } from './batch-rows.ts';
import { RunRefusedError } from './run-opener.ts';
import { defineMetrics, fitLog, type FitLog, type SavedFitLog } from './fit-log.ts';
import { isLeftOpen } from './left-open.ts';
import { messageOf } from './message-of.ts';
import { OPEN_RUN_OPTION_NAMES, openRun, type OpenRunOptions, type OpenRunParts } from './run.ts';
import { runConfig } from './run-config.ts';
import { sayer } from './say.ts';
import { checkMust, settings } from './settings.ts';
import { isWandbRun, sdkRun } from './sdk-adapter.ts';
import { checkWandbLoggerOptions, type WandbLoggerOptions } from './wandb-logger-options.ts';
import type { WandbRun } from './wandb-run.ts';

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
 * Throws a RangeError or TypeError on an unfit option, at the fit's begin where `samples.x` is not what the model is known to
 * take, and before the first batch where `resume` refuses the run. No other trouble reaches the fit, unless `strict` asks for
 * it.
 */
export function wandbLogger(
  options: WandbLoggerOptions = {},
  parts: OpenRunParts = {},
): WandbLogger {
  checkWandbLoggerOptions(options);
  const { run: given, finish = true, norms = false, histograms = false } = options;
  const { host } = parts.platform ?? platform;
  checkMust('wandbLogger', options, host);
  const say = sayer((line) => host.say(line), options.silent ?? false);
  const rows = batchRows((row) => fit?.give(row));
  let fit: FitLog | undefined;
  let saved: SavedFitLog | undefined;
  /** Nothing is logged in this fit, or no more. */
  let isOff = false;
  let hasEnded = false;
  let stopAsked = false;

  const open = async (
    loop: FitLoop,
    where: OpenRunOptions = saved ? { from: saved.position } : {},
  ): Promise<void> => {
    // Once, whatever comes of it.
    isOff = true;
    const first = hyperparametersOf(loop);
    const run = await openFor(where);
    isOff = run.mode === 'disabled';
    fit = fitLog({ run, options, first, rows, saved, onError: trouble });
    if (isOff) return;
    checkAgainstFit(options, loop, trouble);
    defineMetrics(run, loop.figures, options.best ?? {});
    run.config({ ...(await runConfig(loop, host.runtime)), ...options.config });
  };
  const openFor = async (where: OpenRunOptions): Promise<WandbRun> => {
    if (given) return isWandbRun(given) ? given : sdkRun(given, (line) => host.say(line), options);
    return openRun(
      { ...openRunOptions(options), ...where },
      { ...parts, onStopped: () => void (stopAsked = true), flush: () => rows.flush() },
    );
  };

  /** A fit with nothing left to train opens the run that its last process may have left without an end. */
  const openToEnd = async (loop: FitLoop): Promise<void> => {
    if (given && finish) return open(loop);
    if (!saved || given || !hasEnded) return;
    const { id, folder } = saved.position;
    const { dir, mode } = settings(openRunOptions(options), host);
    if (folder === '') {
      // It was in memory, and only the service can tell that it has no end.
      if (mode === 'online') await open(loop);
      return;
    }
    if (!(await isLeftOpen(parts.platform ?? platform, dir, saved.position))) return;
    try {
      // At the end of its log: what the checkpoint itself has logged comes after its position.
      await open(loop, { id, resume: 'must' });
    } catch (error) {
      if (!(error instanceof RunRefusedError)) throw error;
      say(`the run ${id} is left as it is: ${error.message}`);
    }
  };
  const end = async (loop: FitLoop): Promise<void> => {
    if (!fit && !isOff) await openToEnd(loop);
    const ending = fit;
    try {
      if (ending) await rows.flush();
    } finally {
      fit = undefined;
      rows.dispose();
      ending?.dispose();
      if (finish) await ending?.run.finish(hasEnded ? 0 : 1);
      else ending?.run.sync();
    }
  };

  function trouble(error: unknown): void {
    if ((options.strict ?? false) || error instanceof RunRefusedError) throw error;
    say(`not everything is logged: ${messageOf(error)}`);
  }
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
  const logged = <L>(hook: (loop: L, log: FitLog) => Wait) =>
    walled<L>((loop) => {
      if (!fit || isOff) return;
      // What is trained while a signal ends the process is lost, so the run's end is where the training's is.
      return host.stopping() ?? hook(loop, fit);
    });
  const counting = (event: string) => (): undefined => {
    fit?.count(event);
  };

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

    beforeFit({ plan, model }) {
      const { samples } = options;
      if (samples && model.inputs)
        checkInputs(() => 'wandbLogger: samples.x', samples.x, model.inputs);
      saved = undefined;
      [hasEnded, stopAsked] = [false, false];
      isOff = plan.some(({ name }) => SEARCHES.includes(name));
    },
    beforeEpoch: walled((loop) => (fit || isOff ? undefined : open(loop))),
    // A fit that is resumed begins within an epoch.
    beforeBatch: walled((loop) => (fit || isOff ? undefined : open(loop))),
    ...((norms !== false || histograms !== false) && {
      afterBackward: logged((loop, log) => log.addWeights(loop)),
      cleanupBatch: logged((_, log) => log.endBatch()),
    }),
    // Or after the last batch of one.
    afterTrain: walled((loop) => (fit || isOff ? undefined : open(loop))),
    afterBatch: logged((loop: DoneBatchLoop, log) => {
      if (stopAsked) loop.stop('Stop was pressed on the page of the run');
      if (loop.phase === 'valid') log.addValidation(loop);
      else log.addBatch(loop);
    }),
    afterEpoch: logged((loop, log) => log.addEpoch(loop)),
    ...(options.checkpoints && {
      atRest: logged((loop, log) => (loop.rest === 'epoch' ? log.addCheckpoint(loop) : undefined)),
    }),
    afterFit() {
      hasEnded = true;
    },
    cleanupFit: walled(end),

    state: () => (fit && !isOff ? fit.state() : null),
    load(state) {
      if (state === null) return;
      saved = state as unknown as SavedFitLog;
      rows.load(saved.rows);
    },
  };
}

/** Tells of options of which nothing comes in a fit, each by name. */
function checkAgainstFit(
  { best = {}, checkpoints }: WandbLoggerOptions,
  { figures, plan }: FitLoop,
  tell: (error: unknown) => void,
): void {
  const owner = 'wandbLogger';
  for (const name of Object.keys(best))
    if (!figures.includes(name))
      tell(
        new RangeError(
          `${owner}: best.${name} is of no figure of this fit, which are ${figures.join(', ')}`,
        ),
      );
  if (checkpoints && !plan.some((callback) => callback.checkpoints))
    tell(new RangeError(`${owner}: checkpoints needs checkpoint({ dir }) among the callbacks`));
}

function hyperparametersOf({ optimizer }: FitLoop): Record<string, number> {
  return Object.fromEntries(optimizer.hyperparameters.map((name) => [name, optimizer.get(name)]));
}

/** Those that say how a run is opened. */
function openRunOptions(options: WandbLoggerOptions): OpenRunOptions {
  return only(options, (name) => OPEN_RUN_OPTION_NAMES.includes(name as keyof OpenRunOptions));
}

/** Without the key, and without what can't be shown. */
function shownOptions(options: WandbLoggerOptions): Record<string, unknown> {
  return only(options, (name) => !['apiKey', 'run', 'samples', 'config'].includes(name));
}

function only(
  options: WandbLoggerOptions,
  isWanted: (name: string) => boolean,
): object & Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => isWanted(name)));
}
