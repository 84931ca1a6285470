import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { useBackend } from '@tfloop/backend';
import { UnavailableDataError } from '@tfloop/data/node';
import type { ImageDataset } from '@tfloop/data';
import { duration, progress, type ProgressStream } from '@tfloop/progress';
import { ExamplesError } from './examples-error.ts';
import { armTitle, grid, leftOut } from './grid.ts';
import { HELP } from './help.ts';
import { parseOptions, UsageError, type Options } from './options.ts';
import { checkExamples, readDataset } from './load-data.ts';
import { secondsLeft, type Results } from './results.ts';
import { runStudy } from './run-study.ts';
import { comparisonTable, summaryTable } from './table.ts';
import { count, secondsText } from './text.ts';
import { writeResults } from './write-results.ts';

/** What the command has to do with: the process, or a test's stand-in. */
export interface Host {
  /** For results. */
  readonly stdout: ProgressStream;
  /** For everything else. */
  readonly stderr: ProgressStream;
  /** Whether colors are wanted on a terminal. */
  readonly color: boolean;
  /** Calls the handler at every Ctrl-C until the function that it returns is called. */
  onInterrupt(handler: () => void): () => void;
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
  const { settings, out, backend, show } = options;
  const { stdout, stderr } = host;
  const say = (line: string) => void stderr.write(`${line}\n`);
  // The folder comes last: what goes wrong before leaves none behind.
  const data = await dataFor(options);
  await useBackend({ ...(backend && { backend }), log: say });
  const folder = out ?? join('runs', `study-${timestamp()}`);
  await makeFolder(folder);
  const omitted = leftOut(settings).map(armTitle).join('; ');
  if (omitted) say(`left out, as without Lookahead there are no syncs: ${omitted}`);
  say(
    `${count(grid(settings).length, 'run')} of ${count(settings.epochs, 'epoch')} on ${settings.dataset}; the results go to ${folder}`,
  );
  const controller = new AbortController();
  const ignore = host.onInterrupt(() => {
    // The row may hold a bar, and the terminal's ^C on top of it.
    if (stderr.isTTY) stderr.write('\r\x1b[K');
    if (controller.signal.aborted) host.exit(130);
    controller.abort();
    say('Stopping after this batch; Ctrl-C again leaves at once.');
  });
  try {
    const results = await runStudy(settings, {
      data,
      signal: controller.signal,
      callbacks: (run, { number, of }) => [
        progress({
          show,
          to: stderr,
          label: `run ${number}/${of}  ${armTitle(run)}  seed ${run.seed}`,
        }),
      ],
      async onRunEnd({ status }, so) {
        await writeResults(folder, so);
        const left = secondsLeft(so);
        if (show !== 'none' && status === 'complete' && left)
          say(`run ${so.runs.length}/${so.planned} done, ${duration(left)} left in all`);
      },
    });
    await writeResults(folder, results);
    const color = host.color && stdout.isTTY === true;
    stdout.write(conclusion(results, folder, color));
    return controller.signal.aborted ? 130 : 0;
  } finally {
    ignore();
  }
}

/** Reads the data set, and checks that it has what the study wants. */
async function dataFor({ settings, download }: Options): Promise<ImageDataset> {
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

function conclusion(results: Results, folder: string, color: boolean): string {
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
    '',
  ].join('\n');
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new UsageError(
      `tfloop-study: --out must be a folder that can be made, got ${JSON.stringify(folder)} (${(error as Error).message})`,
    );
  }
}

/** Local time as digits that sort. */
function timestamp(now = new Date()): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  return `${day}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
}
