import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { CONTENDERS, OPTIMIZERS } from './contenders.ts';
import type { Selection } from './lanes.ts';
import type { Places } from './programs.ts';
import { WORKLOADS, type WorkloadName } from './workloads.ts';

/** The measurement of what logging costs, which is no workload of a lane. */
export const LOGGING = 'logging';

/** Names that `--workload` takes. */
export const MEASUREMENTS = [...(Object.keys(WORKLOADS) as WorkloadName[]), LOGGING] as const;

const BACKENDS = ['native', 'wasm'] as const;

/** What the command line asks for. */
export interface Options {
  readonly help: boolean;
  readonly quick: boolean;
  readonly check: boolean;
  readonly workloads: readonly (typeof MEASUREMENTS)[number][];
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
      'wasm-threads': { type: 'string', default: '1,2' },
      python: { type: 'string' },
      jax: { type: 'string' },
      check: { type: 'boolean', default: false },
      out: { type: 'string', default: 'runs/bench.json' },
      help: { type: 'boolean', default: false },
    },
  });
  const { quick, check, out, help } = values;
  const count = (option: 'rounds' | 'native-threads') => {
    const text = values[option];
    return text === undefined ? undefined : countOf(`--${option}`, text);
  };
  return {
    help,
    quick,
    check,
    workloads: listOf('workload', values.workload, ',', MEASUREMENTS),
    lanes: {
      optimizers: listOf('optimizer', values.optimizer, ',', OPTIMIZERS),
      backends: listOf('backend', values.backend, ',', BACKENDS),
      contenders: listOf('contender', values.contender, ';', CONTENDERS),
      nativeThreads: count('native-threads') ?? availableParallelism(),
      wasmThreads: values['wasm-threads'].split(',').map((text) => countOf('--wasm-threads', text)),
    },
    places: {
      python: values.python ?? environment['TFLOOP_PYTHON'] ?? 'python3',
      jax: values.jax ?? environment['TFLOOP_JAX'] ?? '.',
    },
    rounds: count('rounds'),
    out,
  };
}

function countOf(option: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`${option} must be an integer >= 1, got ${JSON.stringify(text)}`);
  return count;
}

/** The names of a list, in the order of the allowed ones; all of them where none is given. */
function listOf<T extends string>(
  option: string,
  given: string | undefined,
  separator: string,
  allowed: readonly T[],
): T[] {
  if (given === undefined) return [...allowed];
  const names = given.split(separator).map((name) => name.trim());
  const unknown = names.find((name) => !(allowed as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new RangeError(`--${option} must be of ${allowed.join(', ')}, got "${unknown}"`);
  return allowed.filter((name) => names.includes(name));
}
