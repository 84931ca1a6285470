import { mkdir, writeFile } from 'node:fs/promises';
import { arch, cpus, loadavg, platform } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';
import { contenders } from './contenders.ts';
import { measure, type Lane, type Measured } from './measure.ts';
import { quantile, ratios } from './statistics.ts';
import { cnn, mlp, type Workload } from './workloads.ts';

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
  const workloads: Record<string, Workload> = {
    mlp: mlp(values.quick ? 60 : 100),
    cnn: cnn(values.quick ? 2 : 4),
  };
  const backends = await available(
    listOf('--backend', values.backend.split(','), ['native', 'wasm']),
  );
  const lanes: Lane[] = backends.flatMap((backend) =>
    names.map((contender) => ({ backend, contender })),
  );

  const results: Measured[] = [];
  for (const name of listOf('--workload', values.workload.split(','), Object.keys(workloads)))
    results.push(
      ...(await measure(workloads[name] as Workload, lanes, rounds, (line) => {
        process.stderr.write(`${line}\n`);
      })),
    );
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

/** Starts the back ends and returns the engine's names of those that there are. */
async function available(names: readonly string[]): Promise<string[]> {
  const started: string[] = [];
  for (const backend of names as ('native' | 'wasm')[]) {
    try {
      started.push((await useBackend({ backend })).engineName);
    } catch (error) {
      process.stderr.write(`left out: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  if (started.length === 0) throw new Error('bench: none of the back ends asked for works here');
  return started;
}

function table(results: readonly Measured[]): string {
  const header = [
    'workload',
    'back end',
    'contender',
    'ms/step',
    `÷ ${BASE}`,
    'quartiles',
    '÷ first back end',
  ];
  const first = results[0]?.backend;
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
