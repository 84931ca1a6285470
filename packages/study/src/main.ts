import { join } from 'node:path';
import { useBackend } from '@tfloop/backend';
import { UnavailableDataError } from '@tfloop/data/node';
import type { ImageDataset } from '@tfloop/data';
import { duration, progress, type ProgressStream } from '@tfloop/progress';
import { environment } from './environment.ts';
import { ExamplesError } from './examples-error.ts';
import { armTitle, grid, leftOut } from './grid.ts';
import { HELP } from './help.ts';
import { parseOptions, UsageError, type Options } from './options.ts';
import { checkExamples, readDataset } from './load-data.ts';
import { isComplete, secondsLeft, type Results } from './results.ts';
import { runStudy } from './run-study.ts';
import type { StudySettings } from './settings.ts';
import { STOP_SIGNALS, type StopSignal } from './stop-signals.ts';
import { checkpointsOf, findStudy, makeFolder } from './study-folder.ts';
import { comparisonTable, summaryTable } from './table.ts';
import { count, secondsText } from './text.ts';
import { hasWandbRuns, wandbRuns, type WandbMode, type WandbRuns } from './wandb-runs.ts';
import { writeResults } from './write-results.ts';

/** What the command has to do with: the process, or a test's stand-in. */
export interface Host {
  /** For results. */
  readonly stdout: ProgressStream;
  /** For everything else. */
  readonly stderr: ProgressStream;
  /** Whether colors are wanted on a terminal. */
  readonly color: boolean;
  /** Calls the handler at every Ctrl-C and every request to end, until the function that it returns is called. */
  onStop(handler: (signal: StopSignal) => void): () => void;
  /** Leaves at once. */
  exit(code: number): void;
}

/** The command `tfloop-study`: runs a study, writes its results and resolves to the exit code. */
export async function main(args: readonly string[], host: Host): Promise<number> {
  const { stdout, stderr } = host;
  try {
    const options = parseOptions(args);
    if (options.help) {
      stdout.write(HELP);
      return 0;
    }
    return await study(options, host);
  } catch (error) {
    if (error instanceof UsageError) {
      stderr.write(`${error.message}\nRun with --help for all options.\n`);
      return 2;
    }
    stderr.write(`tfloop-study: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

async function study(options: Options, host: Host): Promise<number> {
  const { show } = options;
  const { stdout, stderr } = host;
  const say = (line: string) => void stderr.write(`${line}\n`);
  const { settings, backend, folder: wanted, earlier } = await findStudy(options);
  // The folder comes last: what goes wrong before leaves none behind.
  const data = await dataFor(settings, options.download);
  await useBackend({ ...(backend && { backend }), log: say });
  const folder = await makeFolder(wanted);
  announce(settings, folder, earlier, say);
  const goOn = `Go on with --resume ${/\s/.test(folder) ? JSON.stringify(folder) : folder}`;
  const controller = new AbortController();
  let code = 0;
  let runsBegun = 0;
  let tracked: WandbRuns | undefined;
  const ignore = host.onStop((signal) => {
    // The row may hold a bar, and the terminal's ^C on top of it.
    if (stderr.isTTY) stderr.write('\r\x1b[K');
    if (controller.signal.aborted) {
      say(goOn);
      host.exit(STOP_SIGNALS[signal]);
    }
    code = STOP_SIGNALS[signal];
    controller.abort();
    say('Stopping after this batch; Ctrl-C again leaves at once.');
  });
  try {
    const results = await runStudy(settings, {
      data,
      signal: controller.signal,
      checkpoints: checkpointsOf(folder),
      ...(earlier && { resume: earlier }),
      // From the first on, a study that is killed can be gone on with.
      async onStart(so) {
        await writeResults(folder, so);
        tracked = await tracking(options.wandb, folder, so, say);
      },
      onRunStart: () => {
        runsBegun++;
      },
      callbacks: (run, { number, of }) => [
        progress({
          show,
          to: stderr,
          label: `run ${number}/${of}  ${armTitle(run)}  seed ${run.seed}`,
        }),
        ...(tracked ? [tracked.callback(run)] : []),
      ],
      async onRunEnd({ status }, so) {
        await writeResults(folder, so);
        const left = secondsLeft(so);
        if (show !== 'none' && status === 'complete' && left)
          say(`run ${so.runs.length}/${so.planned} done, ${duration(left)} left in all`);
      },
    });
    const color = host.color && stdout.isTTY === true;
    stdout.write(conclusion(results, folder, color, (await tracked?.conclusion()) ?? []));
    if (!isComplete(results)) say(goOn);
    return code;
  } catch (error) {
    if (runsBegun === 0) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${message}\n${goOn}`, { cause: error });
  } finally {
    ignore();
  }
}

/** Tracks the runs where that is asked for, or was when the study began. Nothing of it is loaded otherwise. */
async function tracking(
  mode: WandbMode | undefined,
  folder: string,
  so: Results,
  say: (line: string) => void,
): Promise<WandbRuns | undefined> {
  const began = await hasWandbRuns(folder, so);
  if (mode === undefined && !began) return undefined;
  if (mode === undefined) say('the runs are tracked with Weights & Biases, as they were before');
  else if (!began && so.runs.length > 0)
    say('what was trained so far, without --wandb, is not tracked');
  const { wandbLogger } = await import('@tfloop/wandb');
  return wandbRuns(wandbLogger, folder, mode ?? 'environment', so);
}

/** Says what is to come, and what is there. */
function announce(
  settings: StudySettings,
  folder: string,
  earlier: Results | undefined,
  say: (line: string) => void,
): void {
  const omitted = leftOut(settings).map(armTitle).join('; ');
  if (omitted) say(`left out, as without Lookahead there are no syncs: ${omitted}`);
  say(
    `${count(grid(settings).length, 'run')} of ${count(settings.epochs, 'epoch')} on ${settings.dataset}; the results go to ${folder}`,
  );
  if (!earlier) return;
  const complete = earlier.runs.filter(({ status }) => status === 'complete').length;
  say(`going on: ${complete} of ${count(earlier.planned, 'run')} complete`);
  const [before, now] = [earlier.environment, environment()].map(
    ({ backend, node, platform }) => `${backend}, Node ${node}, ${platform}`,
  );
  if (before !== now)
    say(`the results so far are from ${before}; this is ${now}, where last digits may be others`);
}

/** Reads the data set, and checks that it has what the study wants. */
async function dataFor(settings: StudySettings, download: boolean): Promise<ImageDataset> {
  try {
    const data = await readDataset(settings.dataset, download);
    checkExamples(data, settings);
    return data;
  } catch (error) {
    if (error instanceof ExamplesError) throw new UsageError(`tfloop-study: --${error.message}`);
    // In the command's own words: it has no option for a folder.
    if (error instanceof UnavailableDataError)
      throw new Error(
        `${error.problem}; install the Debian package dataset-fashion-mnist, or ${download ? 'try again' : 'pass --download (31 MB)'}`,
        { cause: error },
      );
    throw error;
  }
}

function conclusion(
  results: Results,
  folder: string,
  color: boolean,
  more: readonly string[],
): string {
  const { runs, planned, seconds } = results;
  const complete = runs.filter(({ status }) => status === 'complete').length;
  const differences = comparisonTable(results, { color });
  const done =
    complete === planned
      ? count(planned, 'run')
      : `stopped: ${complete} of ${count(planned, 'run')}`;
  return [
    '',
    ...(runs.length > 0 ? [summaryTable(results, { color }), ''] : []),
    ...(differences ? [differences, ''] : []),
    `${done} in ${secondsText(seconds)}`,
    `report: ${join(folder, 'report.html')}   data: ${join(folder, 'results.json')}, results.csv`,
    ...more,
    '',
  ].join('\n');
}
