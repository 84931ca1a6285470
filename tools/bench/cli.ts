import { mkdir, writeFile } from 'node:fs/promises';
import { arch, cpus, loadavg, platform } from 'node:os';
import { dirname } from 'node:path';
import { errorLine } from './error-line.ts';
import { HELP } from './help.ts';
import type { Measured } from './lane.ts';
import { laneTable } from './lane-table.ts';
import { lanesOf } from './lanes.ts';
import { measureLogging, type LoggingMeasured } from './logging.ts';
import { brokenLoggingLimits } from './logging-limits.ts';
import { loggingTable } from './logging-table.ts';
import { measure } from './measure.ts';
import { LOGGING, parseOptions, type Options } from './options.ts';
import { targetTable } from './target-table.ts';
import { verdicts } from './targets.ts';
import { WORKLOADS, type WorkloadName } from './workloads.ts';

/** Rows of the logged run: so many rounds of so many batches. */
const LOGGED = { rounds: 20, batches: 5000 };
const LOGGED_QUICKLY = { rounds: 5, batches: 2000 };

async function main(options: Options): Promise<number> {
  const results: Measured[] = [];
  const logging: LoggingMeasured[] = [];
  for (const name of options.workloads) {
    if (name === LOGGING) logging.push(...(await measureLoggingOn(options)));
    else results.push(...(await measureWorkload(name, options)));
  }
  const judged = options.check ? verdicts(results) : [];
  const tables = [
    ...(results.length > 0 ? [laneTable(results)] : []),
    ...(logging.length > 0 ? [loggingTable(logging)] : []),
    ...(judged.length > 0 ? [targetTable(judged)] : []),
    footer(results),
  ];
  process.stdout.write(`${tables.join('\n\n')}\n`);
  const { out } = options;
  await mkdir(dirname(out), { recursive: true });
  const figures = { machine: machine(), load: loadavg(), results, logging, verdicts: judged };
  await writeFile(out, JSON.stringify(figures, null, 1));
  note(`figures: ${out}`);
  const broken = options.check ? brokenLoggingLimits(logging) : [];
  for (const line of broken) note(`check: ${line}`);
  const missed = judged.filter(({ result }) => result === 'missed' || result === 'not measured');
  return broken.length + missed.length > 0 ? 1 : 0;
}

async function measureWorkload(name: WorkloadName, options: Options): Promise<Measured[]> {
  const workload = WORKLOADS[name];
  const effort = { warmUp: 2, rounds: options.rounds ?? (options.quick ? 5 : workload.rounds) };
  const measured: Measured[] = [];
  for (const lanes of lanesOf(name, options.lanes)) {
    const title = `${name} ${lanes[0]?.optimizer ?? ''}`;
    const report = (line: string) => note(`${title}: ${line}`);
    const group = await measure(lanes, workload, effort, options.places, report);
    for (const line of group.absent) note(`left out: ${line}`);
    measured.push(...group.measured);
  }
  return measured;
}

async function measureLoggingOn({ lanes, quick }: Options): Promise<LoggingMeasured[]> {
  const measured: LoggingMeasured[] = [];
  for (const backend of lanes.backends) {
    const report = (line: string) => note(`${LOGGING} on ${backend}: ${line}`);
    measured.push(await measureLogging(backend, quick ? LOGGED_QUICKLY : LOGGED, report));
  }
  return measured;
}

function footer(results: readonly Measured[]): string {
  const systems = new Set(results.flatMap(({ system }) => (system === '' ? [] : [system])));
  return [...systems, `${machine()}, load ${loadavg()[0]?.toFixed(2) ?? '?'}`].join('\n');
}

function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model ?? '?'}, ${platform()} ${arch()}, Node ${process.version}`;
}

/** Standard output is for the tables. */
function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The options, or the exit code where there is nothing to measure. */
function read(args: readonly string[]): Options | number {
  try {
    const options = parseOptions(args);
    if (!options.help) return options;
    process.stdout.write(HELP);
    return 0;
  } catch (error) {
    note(`bench: ${errorLine(error)}\nRun with --help for all options.`);
    return 2;
  }
}

const options = read(process.argv.slice(2));
try {
  process.exitCode = typeof options === 'number' ? options : await main(options);
} catch (error) {
  note(errorLine(error));
  process.exitCode = 1;
}
