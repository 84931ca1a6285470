import { parseArgs } from 'node:util';
import { contenders } from './contenders.ts';
import { BASE, LIMITS, LOGGING_LIMITS } from './limits.ts';
import { workloads } from './workloads.ts';

/** The workload that is not trained for its own sake. */
export const LOGGING = 'logging';
const WORKLOADS = [...Object.keys(workloads), LOGGING];

const OR = ',\n                      or ';

/** What `--help` says. */
export const HELP = `npm run bench -- [options]

Times a training step of tfloop beside its peers, in turn on one machine, and prints ratios; and
what logging every batch to Weights & Biases costs.

  --quick             fewer rounds: about a minute
  --workload NAMES    of ${WORKLOADS.join(', ')}                      [${WORKLOADS.join(',')}]
  --backend NAMES     of native, wasm; those that are missing are left out   [native,wasm]
  --contender NAMES   ${Object.keys(contenders).join('; ')}   [all; separate by ;]
  --rounds N          counted rounds                            [15]
  --native-threads N  threads of the native back end            [one for each core]
  --check             exit code 1 where ${[...LIMITS, ...LOGGING_LIMITS].map(({ rule }) => rule).join(OR)}
  --out FILE          writes the figures as JSON                [runs/bench.json]
  --help

The native back end is tfjs-node, which is not among the dependencies:

  npm install --no-save @tensorflow/tfjs-node

Its threads are those of TensorFlow's pool within an operation, TF_NUM_INTRAOP_THREADS, which
--native-threads sets; OMP_NUM_THREADS does nothing. WASM computes on one thread in Node, so
--native-threads 1 compares one thread with one thread.

Every lane is a process of its own, and lanes take rounds in turn. Columns:

  ms/step      median over the counted rounds
  ÷ ${BASE}    median of the rounds' ratios to "${BASE}", in the same round on the same back end
  quartiles    of these ratios: wide ones mean a busy machine, to be measured again
  ÷ native     the same ratio to this contender on native, or on the first back end that there is
  MiB          highest resident memory of the process

The workload "logging" trains a tiny network, and logs loss and learning rate of every batch, 100,000
rows in one offline run (10,000 with --quick). Columns:

  µs/batch     what wandbLogger's own hooks take: the batch in the middle, median over the rounds. Timed
               around the hooks, because a step varies by more than they take
  mean         of all batches, with garbage collections and whatever else the machine did
  bare write   one write of a row's bytes in the same place: the least that a row takes which
               survives the process
  peak MiB     highest resident memory, and by how much it and the heap grew after the first round

Exit codes: 0 done, 1 failed, 2 wrong options.
`;

/** What the command line asks for. */
export interface Options {
  readonly help: boolean;
  readonly quick: boolean;
  readonly check: boolean;
  readonly workloads: readonly string[];
  readonly backends: readonly string[];
  readonly contenders: readonly string[];
  readonly rounds: number;
  readonly nativeThreads: number | undefined;
  readonly out: string;
}

/** Reads a command line. Throws where an option is unknown or breaks its rule. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      workload: { type: 'string', default: WORKLOADS.join(',') },
      backend: { type: 'string', default: 'native,wasm' },
      contender: { type: 'string', default: Object.keys(contenders).join(';') },
      rounds: { type: 'string' },
      'native-threads': { type: 'string' },
      check: { type: 'boolean', default: false },
      out: { type: 'string', default: 'runs/bench.json' },
      help: { type: 'boolean', default: false },
    },
  });
  const { quick, check, out, help } = values;
  return {
    help,
    quick,
    check,
    workloads: listOf('--workload', values.workload.split(','), WORKLOADS),
    backends: listOf('--backend', values.backend.split(','), ['native', 'wasm']),
    contenders: listOf('--contender', values.contender.split(';'), Object.keys(contenders)),
    rounds: countOf('--rounds', values.rounds) ?? (quick ? 5 : 15),
    nativeThreads: countOf('--native-threads', values['native-threads']),
    out,
  };
}

function countOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`${option} must be an integer >= 1, got ${JSON.stringify(text)}`);
  return count;
}

function listOf(option: string, given: readonly string[], allowed: readonly string[]): string[] {
  return given.map((item) => {
    const name = item.trim();
    if (!allowed.includes(name))
      throw new RangeError(`${option} must be of ${allowed.join(', ')}, got "${name}"`);
    return name;
  });
}
