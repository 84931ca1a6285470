import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { CONTENDERS, OPTIMIZERS, type ContenderName, type OptimizerName } from './contenders.ts';
import type { Selection } from './lanes.ts';
import { PROBES, type ProbeName } from './probes/probe-tables.ts';
import type { Places } from './programs.ts';
import { WORKLOADS, type WorkloadName } from './workloads.ts';

/** The measurement of what logging costs, which is no workload of a lane. */
export const LOGGING = 'logging';

/** What `--workload` names. */
export type MeasurementName = WorkloadName | typeof LOGGING | ProbeName;

/** Names that `--workload` takes. */
export const MEASUREMENTS: readonly MeasurementName[] = [
  ...(Object.keys(WORKLOADS) as WorkloadName[]),
  LOGGING,
  ...(Object.keys(PROBES) as ProbeName[]),
];

const BACKENDS = ['native', 'wasm'] as const;

/** Threads at most: WASM has eight workers, and machines have fewer cores than native may have threads. */
export const MOST_THREADS = { 'native-threads': 1024, 'wasm-threads': 8 } as const;

/** What is measured where the command line doesn't say. */
interface Defaults {
  readonly workloads: readonly MeasurementName[];
  readonly optimizers: readonly OptimizerName[];
  readonly contenders: readonly ContenderName[];
  readonly wasmThreads: string;
}

const FULL: Defaults = {
  workloads: MEASUREMENTS,
  optimizers: OPTIMIZERS,
  contenders: CONTENDERS,
  wasmThreads: '1,2',
};

/** What `--quick` measures of it. */
const QUICK: Defaults = {
  workloads: ['mlp', 'cnn', 'callbacks', 'lookahead'],
  optimizers: ['sgd'],
  contenders: ['tfloop', 'by hand', 'stock tfjs by hand', 'keras', 'torch'],
  wasmThreads: '1',
};

/** What the command line asks for. */
export interface Options {
  readonly help: boolean;
  readonly quick: boolean;
  readonly check: boolean;
  readonly workloads: readonly MeasurementName[];
  readonly lanes: Selection;
  readonly places: Places;
  /** Counted rounds; undefined for each workload's own number. */
  readonly rounds: number | undefined;
  readonly out: string;
}

/** Reads a command line. Throws where an option is unknown or breaks its rule. */
export function parseOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      workload: { type: 'string' },
      optimizer: { type: 'string' },
      backend: { type: 'string' },
      contender: { type: 'string' },
      rounds: { type: 'string' },
      'native-threads': { type: 'string' },
      'wasm-threads': { type: 'string' },
      python: { type: 'string' },
      jax: { type: 'string' },
      check: { type: 'boolean', default: false },
      out: { type: 'string', default: 'runs/bench.json' },
      help: { type: 'boolean', default: false },
    },
  });
  const { quick, check, out, help } = values;
  const defaults = quick ? QUICK : FULL;
  const counts = (option: keyof typeof MOST_THREADS, otherwise: string) =>
    unique(
      (values[option] ?? otherwise)
        .split(',')
        .map((text) => countOf(`--${option}`, text, MOST_THREADS[option])),
    );
  const list = <T extends string>(
    option: 'workload' | 'optimizer' | 'backend' | 'contender',
    allowed: readonly T[],
    otherwise: readonly T[],
  ) => {
    const text = values[option];
    const names = text?.split(option === 'contender' ? ';' : ',') ?? otherwise;
    return namesOf(`--${option}`, names, allowed);
  };
  return {
    help,
    quick,
    check,
    workloads: list('workload', MEASUREMENTS, defaults.workloads),
    lanes: {
      optimizers: list('optimizer', OPTIMIZERS, defaults.optimizers),
      backends: list('backend', BACKENDS, BACKENDS),
      contenders: list('contender', CONTENDERS, defaults.contenders),
      nativeThreads: counts('native-threads', `1,${availableParallelism()}`),
      wasmThreads: counts('wasm-threads', defaults.wasmThreads),
    },
    places: {
      python: values.python ?? environment['TFLOOP_PYTHON'] ?? 'python3',
      jax: values.jax ?? environment['TFLOOP_JAX'] ?? '.',
    },
    rounds: values.rounds === undefined ? undefined : countOf('--rounds', values.rounds),
    out,
  };
}

function unique(counts: readonly number[]): number[] {
  return [...new Set(counts)];
}

function countOf(option: string, text: string, most = Infinity): number {
  const count = Number(text);
  const range = most < Infinity ? `from 1 to ${most}` : '>= 1';
  if (!Number.isInteger(count) || count < 1 || count > most)
    throw new RangeError(`${option} must be an integer ${range}, got ${JSON.stringify(text)}`);
  return count;
}

/** The allowed ones of the names, in the order of the tables. */
function namesOf<T extends string>(
  option: string,
  given: readonly string[],
  allowed: readonly T[],
): T[] {
  const names = given.map((name) => name.trim());
  const unknown = names.find((name) => !(allowed as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new RangeError(`${option} must be of ${allowed.join(', ')}, got "${unknown}"`);
  return allowed.filter((name) => names.includes(name));
}
