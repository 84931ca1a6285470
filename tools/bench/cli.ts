import { mkdir, writeFile } from 'node:fs/promises';
import { arch, cpus, loadavg, platform } from 'node:os';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';
import { BASE, brokenLimits, brokenLoggingLimits, ratioOf } from './limits.ts';
import { measureLogging, type LoggingMeasured } from './logging.ts';
import { loggingTable } from './logging-table.ts';
import { measure, type Measured } from './measure.ts';
import { HELP, LOGGING, parseOptions, type Options } from './options.ts';
import { quantile } from './statistics.ts';
import { table } from './table.ts';

/** Batches of one round, so that rounds take about as long. */
const BATCHES: Readonly<Record<string, number>> = { mlp: 200, cnn: 4 };
/** Rows of the logged run: so many rounds of so many batches. */
const LOGGED = { rounds: 20, batches: 5000 };
const LOGGED_QUICKLY = { rounds: 5, batches: 2000 };

async function main(options: Options): Promise<number> {
  const { quick, rounds, nativeThreads, out } = options;
  const backends = await available(options.backends);
  const results: Measured[] = [];
  const logging: LoggingMeasured[] = [];
  for (const workload of options.workloads) {
    const report = (line: string) => void process.stderr.write(`${workload}: ${line}\n`);
    if (workload === LOGGING) {
      const effort = quick ? LOGGED_QUICKLY : LOGGED;
      for (const backend of backends)
        logging.push(
          await measureLogging(backend, effort, (line) => report(`${backend}: ${line}`)),
        );
      continue;
    }
    const lanes = backends.flatMap((backend) =>
      options.contenders.map((contender) => ({ workload, backend, contender })),
    );
    const batches = BATCHES[workload] ?? 1;
    const effort = { batches: Math.ceil(quick ? batches / 2 : batches), warmUp: 3, rounds };
    results.push(...(await measure(lanes, { ...effort, nativeThreads }, report)));
  }
  const load = loadavg()[0]?.toFixed(2) ?? '?';
  const tables = [
    ...(results.length > 0 ? [laneTable(results)] : []),
    ...(logging.length > 0 ? [loggingTable(logging)] : []),
  ].join('\n\n');
  process.stdout.write(`${tables}\n\n${machine()}, load ${load}, ${rounds} rounds\n`);
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, JSON.stringify({ machine: machine(), load, results, logging }, null, 1));
  process.stderr.write(`figures: ${out}\n`);
  const broken = options.check ? [...brokenLimits(results), ...brokenLoggingLimits(logging)] : [];
  for (const line of broken) process.stderr.write(`check: ${line}\n`);
  return broken.length > 0 ? 1 : 0;
}

/** The back ends that there are, of those that were asked for. */
async function available(names: readonly string[]): Promise<string[]> {
  const started: string[] = [];
  for (const backend of names as ('native' | 'wasm')[]) {
    try {
      await useBackend({ backend });
      started.push(backend);
    } catch (error) {
      process.stderr.write(`left out: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  if (started.length === 0) throw new Error('bench: none of the back ends asked for works here');
  return started;
}

function laneTable(results: readonly Measured[]): string {
  const first = results[0]?.backend;
  const header = [
    'workload',
    'back end',
    'contender',
    'ms/step',
    `÷ ${BASE}`,
    'quartiles',
    first === undefined ? '' : `÷ ${first}`,
    'MiB',
  ];
  const rows = results.map((result) => {
    if (result.error !== undefined)
      return [
        result.workload,
        result.backend,
        result.contender,
        `fails: ${result.error.slice(0, 60)}`,
      ];
    const toBase = ratioOf(results, result, { contender: BASE });
    const toFirst = ratioOf(results, result, { backend: first ?? '' });
    return [
      result.workload,
      result.backend,
      result.contender,
      quantile(result.msPerStep, 0.5).toFixed(3),
      toBase.median.toFixed(3),
      `${toBase.low.toFixed(3)}–${toBase.high.toFixed(3)}`,
      toFirst.median.toFixed(2),
      String(result.peakMiB),
    ];
  });
  return table([header, ...rows]);
}

function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model ?? '?'}, ${platform()} ${arch()}, Node ${process.version}, tfjs ${tf.version['tfjs-core']}`;
}

/** The options, or the exit code where there is nothing to measure. */
function read(args: readonly string[]): Options | number {
  try {
    const options = parseOptions(args);
    if (!options.help) return options;
    process.stdout.write(HELP);
    return 0;
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\nRun with --help for all options.\n`);
    return 2;
  }
}

const options = read(process.argv.slice(2));
try {
  process.exitCode = typeof options === 'number' ? options : await main(options);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
