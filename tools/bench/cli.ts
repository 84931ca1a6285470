import { mkdir, writeFile } from 'node:fs/promises';
import { arch, cpus, loadavg, platform } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';
import { contenders } from './contenders.ts';
import { measure, type Measured } from './measure.ts';
import { quantile, ratios } from './statistics.ts';
import { workloads } from './workloads.ts';

const HELP = `npm run bench -- [options]

Times a training step of tfloop beside its peers, in turn on one machine, and prints ratios.

  --quick             fewer rounds: about a minute
  --workload NAMES    of mlp, cnn                               [mlp,cnn]
  --backend NAMES     of native, wasm; those that are missing are left out   [native,wasm]
  --contender NAMES   ${Object.keys(contenders).join('; ')}   [all; separate by ;]
  --rounds N          counted rounds                            [15]
  --out FILE          writes the figures as JSON                [runs/bench.json]
  --help
`;

/** Batches of one round, so that rounds take about as long. */
const BATCHES: Readonly<Record<string, number>> = { mlp: 40, cnn: 3 };

/** The lane of a back end that the others are divided by. */
const BASE = 'by hand';

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      workload: { type: 'string', default: 'mlp,cnn' },
      backend: { type: 'string', default: 'native,wasm' },
      contender: { type: 'string', default: Object.keys(contenders).join(';') },
      rounds: { type: 'string' },
      out: { type: 'string', default: 'runs/bench.json' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const rounds = Number(values.rounds ?? (values.quick ? 5 : 15));
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new RangeError(`bench: --rounds must be an integer >= 1, got ${values.rounds ?? ''}`);
  const names = listOf('--contender', values.contender.split(';'), Object.keys(contenders));
  const backends = await available(
    listOf('--backend', values.backend.split(','), ['native', 'wasm']),
  );
  const results: Measured[] = [];
  for (const workload of listOf('--workload', values.workload.split(','), Object.keys(workloads))) {
    const lanes = backends.flatMap((backend) =>
      names.map((contender) => ({ workload, backend, contender })),
    );
    const batches = BATCHES[workload] ?? 1;
    const effort = { batches: Math.ceil(values.quick ? batches / 2 : batches), warmUp: 3, rounds };
    results.push(
      ...(await measure(lanes, effort, (line) => {
        process.stderr.write(`${workload}: ${line}\n`);
      })),
    );
  }
  const load = loadavg()[0]?.toFixed(2) ?? '?';
  process.stdout.write(`${table(results)}\n\n${machine()}, load ${load}, ${rounds} rounds\n`);
  await mkdir(dirname(values.out), { recursive: true });
  await writeFile(values.out, JSON.stringify({ machine: machine(), load, results }, null, 1));
  process.stderr.write(`figures: ${values.out}\n`);
  return 0;
}

function listOf(option: string, given: readonly string[], allowed: readonly string[]): string[] {
  for (const name of given)
    if (!allowed.includes(name))
      throw new RangeError(`bench: ${option} must be of ${allowed.join(', ')}, got "${name}"`);
  return [...given];
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

function table(results: readonly Measured[]): string {
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
    const find = (lane: Partial<Measured>) =>
      results.find(
        (other) =>
          other.workload === result.workload &&
          other.backend === lane.backend &&
          other.contender === lane.contender,
      );
    if (result.error !== undefined)
      return [
        result.workload,
        result.backend,
        result.contender,
        `fails: ${result.error.slice(0, 60)}`,
      ];
    const toBase = ratios(
      result.msPerStep,
      find({ backend: result.backend, contender: BASE })?.msPerStep ?? [],
    );
    const toFirst = ratios(
      result.msPerStep,
      find({ backend: first ?? '', contender: result.contender })?.msPerStep ?? [],
    );
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
  const lines = [header, ...rows];
  const widths = header.map((_, i) =>
    Math.max(...lines.map((line) => (line.length === header.length ? (line[i]?.length ?? 0) : 0))),
  );
  return lines
    .map((line) =>
      line
        .map((text, i) => text.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model ?? '?'}, ${platform()} ${arch()}, Node ${process.version}, tfjs ${tf.version['tfjs-core']}`;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
