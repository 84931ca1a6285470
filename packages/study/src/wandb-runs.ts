import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Callback, FitLoop } from '@tfloop/core';
import type { wandbLogger, WandbLoggerOptions } from '@tfloop/wandb';
import { armTitle, armKey, type Run } from './grid.ts';
import type { Results } from './results.ts';
import { count } from './text.ts';

/** Where runs of Weights & Biases go; `'environment'` is what `WANDB_MODE` says, and offline where it says nothing. */
export type WandbMode = 'offline' | 'online' | 'environment';

/** A study's runs as runs of Weights & Biases. */
export interface WandbRuns {
  /** Tracks a run. */
  callback(run: Run): Callback;
  /** Where the runs are, and how they are uploaded: lines to read. */
  conclusion(): Promise<string[]>;
}

/** What of a study its tracked runs tell of. */
export type TrackedStudy = Pick<Results, 'startedAt' | 'settings' | 'data'>;

/**
 * Tracks every run of a study as a run of one group, in the study's folder.
 *
 * A run's id comes from the study's beginning, the arm and the seed, so that a study that was killed and is gone on
 * with finds its runs. What a killed process has left of a run that begins anew, having no checkpoint, is removed.
 */
export function wandbRuns(
  logger: typeof wandbLogger,
  folder: string,
  mode: WandbMode,
  study: TrackedStudy,
): WandbRuns {
  const began = new Date(study.startedAt);
  const suffix = suffixOf(study);
  const group = `study-${began.toISOString().replace(/\.\d+/, '')}`;
  const wanted = mode === 'environment' ? (process.env['WANDB_MODE']?.trim() ?? '') : mode;
  /** Rows, files, artifacts and alerts that are not uploaded. */
  let pending = 0;
  let lostRuns = 0;
  let isOffline = ['', 'offline', 'dryrun'].includes(wanted);
  let wasOnline = false;

  const optionsOf = (run: Run): WandbLoggerOptions => ({
    // A project that is named in the environment counts where the option is missing, and so does a mode.
    ...(!process.env['WANDB_PROJECT']?.trim() && { project: 'tfloop-study' }),
    ...(mode !== 'environment' ? { mode } : wanted === '' && { mode: 'offline' }),
    // Where nothing is uploaded, one line at the end says how to, in place of one for each run.
    ...(isOffline && { silent: true }),
    // The study knows which runs there are: no rule of the environment is to refuse one.
    ...(process.env['WANDB_RESUME']?.trim() && { resume: 'allow' }),
    id: idOf(run, suffix),
    name: `${armTitle(run)}, seed ${run.seed}`,
    group,
    jobType: armKey(run),
    tags: tagsOf(run, study),
    dir: folder,
    config: configOf(run, study),
  });

  return {
    callback(run) {
      const logs = logger(optionsOf(run));
      return {
        ...logs,
        async beforeEpoch(loop) {
          // Where it can't be removed, the logger finds it and takes another id.
          if (loop.batch === 0) await removeRun(folder, idOf(run, suffix)).catch(() => undefined);
          await logs.beforeEpoch?.(loop);
        },
        async afterFit(loop) {
          // A run that was killed after its last checkpoint has nothing to train, but an end to be written.
          if (!logs.run) await logs.beforeEpoch?.(loop);
          logs.run?.summary(figuresOf(loop));
          await logs.afterFit?.(loop);
        },
        async cleanupFit(loop) {
          const tracked = logs.run;
          await logs.cleanupFit?.(loop);
          // The logger has ended it: this gives the report of that.
          const report = await tracked?.finish();
          if (tracked) isOffline = tracked.mode === 'offline';
          if (tracked?.mode === 'online') wasOnline = true;
          if (report) pending += report.pendingRows + report.pendingFiles;
          // Without a run the logger could not even begin.
          const isLost = report ? report.lostRows > 0 : loop.batch > 0;
          if (isLost) lostRuns++;
        },
      };
    },
    async conclusion() {
      const kept = await runsIn(folder, suffix);
      const where = join(folder, 'wandb');
      const isPart = wasOnline || (await hasUploads(where, kept));
      const call = isPart ? syncCall(where, suffix) : syncCommand(where, suffix);
      const lines = [
        ...(kept.length > 0
          ? [`wandb: ${count(kept.length, 'run')} in ${where}, group ${group}`]
          : []),
        ...(kept.length > 0 && (isOffline || pending > 0) ? [`upload: ${call}`] : []),
        ...(lostRuns > 0
          ? [`wandb: ${count(lostRuns, 'run')} could not be written to ${where}, and are lost`]
          : []),
      ];
      return lines.length > 0 ? lines : ['wandb: no runs are kept'];
    },
  };
}

/** Whether a folder has runs of a study. */
export async function hasWandbRuns(folder: string, study: TrackedStudy): Promise<boolean> {
  return (await runsIn(folder, suffixOf(study))).length > 0;
}

/** The end of the ids of a study's runs, which no other study has. */
function suffixOf({ startedAt }: TrackedStudy): string {
  return Date.parse(startedAt).toString(36);
}

function idOf(run: Run, suffix: string): string {
  return `${armKey(run)}-seed-${run.seed}-${suffix}`;
}

/** None where the folder can't be read: the logger says what is wrong with it. */
async function runsIn(folder: string, ending: string): Promise<string[]> {
  const names = await readdir(join(folder, 'wandb')).catch(() => []);
  return names.filter((name) => name.startsWith('offline-run-') && name.endsWith(`-${ending}`));
}

async function removeRun(folder: string, id: string): Promise<void> {
  for (const name of await runsIn(folder, id))
    await rm(join(folder, 'wandb', name), { recursive: true, force: true });
}

function tagsOf(run: Run, { settings, data }: TrackedStudy): string[] {
  const { model, schedule, mixup } = settings;
  const reset = run.reset === 'none' ? [] : [`reset-${run.reset}`];
  return [
    data.name,
    model,
    ...(schedule === 'none' ? [] : [schedule]),
    ...(mixup > 0 ? ['mixup'] : []),
    ...reset,
  ];
}

function configOf(run: Run, { startedAt, settings, data }: TrackedStudy): Record<string, unknown> {
  return {
    arm: armKey(run),
    reset: run.reset,
    seed: run.seed,
    dataset: data,
    study: { startedAt, ...settings },
  };
}

/** As the study's results have them. */
function figuresOf({ history, step, totalBatches }: FitLoop): Record<string, unknown> {
  const { last } = history;
  return {
    status:
      step === totalBatches || (step > 0 && !Number.isFinite(last?.smoothLoss))
        ? 'complete'
        : 'stopped',
    steps: step,
    ...(last && { trainLoss: last.trainLoss, validLoss: last.validLoss, ...last.metrics }),
  };
}

/** Whether the service may have something of the runs, which their folders tell. */
async function hasUploads(where: string, runs: readonly string[]): Promise<boolean> {
  for (const run of runs) {
    const files = await readdir(join(where, run)).catch(() => []);
    if (files.some((name) => /\.uploaded\.json$|\.wandb\.synced$/.test(name))) return true;
  }
  return false;
}

/** The official client's command, which uploads all rows. */
function syncCommand(where: string, suffix: string): string {
  return `wandb sync ${foldersOf(where, suffix)}`;
}

/** Uploads the rows that the service has not, as a command. */
function syncCall(where: string, suffix: string): string {
  const program = `import { syncRun } from '@tfloop/wandb'; for (const run of process.argv.slice(1)) await syncRun(run)`;
  return `node --input-type=module -e "${program}" ${foldersOf(where, suffix)}`;
}

/** The shell is to replace the star. */
function foldersOf(where: string, suffix: string): string {
  const path = /^[\w@%+=:,./-]+$/.test(where) ? where : `'${where.replaceAll("'", `'\\''`)}'`;
  return `${path}/offline-run-*-${suffix}`;
}
