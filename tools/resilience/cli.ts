/** `npm run resilience -- kill|pairs|fuzz|soak`: proves that nothing is lost. */
import { setFlagsFromString } from 'node:v8';
import { countBar } from './count-bar.ts';
import { readOptions, refuse } from '../read-options.ts';

const HELP = `Usage: npm run resilience -- [options] [kill] [pairs] [fuzz] [soak]

Without a name, all four run.

  kill    trains in processes that get SIGKILL at random moments, damages checkpoints, resumes,
          and compares the end with an unbroken run, bit for bit, on CPU and WASM
  pairs   breaks off and resumes fits with every pair of callbacks
  fuzz    gives every callback factory random options and throws errors into its fits
  soak    trains for long with all callbacks on and watches the memory, without V8's optimizing
          compiler, which keeps things of its own in the same heap

  --quick     a tenth of everything
  --kills N   kills on each back end (50)
  --breaks N  fits to break off for each pair at each event (4)
  --cases N   cases of fuzz (8000)
  --steps N   steps of the soak (20000)
  --seed N    what the moments of the kills are drawn from (a new one each time)
  --help      this text

Results go to standard output, progress to standard error. The exit code is 1 where anything was lost.
`;

const { values, positionals } = readOptions(
  'resilience',
  HELP,
  {
    quick: { type: 'boolean', default: false },
    kills: { type: 'string', default: '50' },
    breaks: { type: 'string', default: '4' },
    cases: { type: 'string', default: '8000' },
    steps: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 1e6) },
  },
  Infinity,
);

const tell = (line: string): void => void process.stderr.write(`${line}\n`);

/** An option's number. */
function integer(option: 'kills' | 'breaks' | 'cases' | 'steps' | 'seed', min: 0 | 1): number {
  const value = Number(values[option]);
  if (!Number.isSafeInteger(value) || value < min)
    refuse('resilience', `--${option} must be an integer >= ${min}, got ${values[option]}`);
  return value;
}

/** An option's number, a tenth of it when it has to be quick. */
function count(option: 'kills' | 'breaks' | 'cases' | 'steps'): number {
  const value = integer(option, 1);
  return values.quick ? Math.ceil(value / 10) : value;
}

/** Each prints what came of it and says whether nothing was lost. What they need is loaded then, so that help comes at once. */
const PROOFS: Readonly<Record<string, () => Promise<boolean>>> = {
  async kill() {
    const { rng } = await import('@tfloop/core');
    const { drawMoments, killAndCompare } = await import('./kill.ts');
    const [kills, seed] = [count('kills'), integer('seed', 0)];
    let sound = true;
    for (const backend of ['cpu', 'wasm'] as const) {
      const report = await killAndCompare({
        backend,
        epochs: 8,
        moments: drawMoments(kills, rng(seed, `moments on ${backend}`)),
        damage: 0.4,
        seed,
        tell,
      });
      const fell = Object.entries(report.fell).map(([where, kills]) => `${where} ${kills}`);
      console.log(
        `${backend}: ${report.kills} kills (${fell.join(', ')}; ${report.halfWritten} left a half-written checkpoint), ${report.resumes} resumes, ${report.damaged} damaged checkpoints survived, ` +
          `${report.runs} runs, ${report.differingBits} differing bits, ${report.differingRows} rows lost, doubled or other, ${report.unended} logs without their end (seed ${seed})`,
      );
      sound &&= report.differingBits + report.differingRows + report.unended === 0;
    }
    return sound;
  },

  async pairs() {
    const { pairMatrix, pairTable } = await import('./pairs.ts');
    const results = await pairMatrix(count('breaks'), ({ pair, outcome, leaked, reason = '' }) =>
      tell(`${pair.join(' + ')}: ${outcome}, ${leaked} leaked ${reason}`),
    );
    console.log(pairTable(results));
    return results.every(({ outcome, leaked }) => outcome !== 'differs' && leaked === 0);
  },

  async fuzz() {
    const { fuzz } = await import('./fuzz.ts');
    const wanted = count('cases');
    const bar = countBar('fuzz', wanted);
    const report = await fuzz(wanted, bar.at).finally(bar.end);
    const { cases, refused, refusedFits, sabotaged, fitted } = report;
    console.log(
      `fuzz: ${cases} cases: ${refused} options refused, ${refusedFits} fits refused, ` +
        `${sabotaged} fits with an error thrown into them, ${fitted} fits; no leak, hang or unhandled rejection`,
    );
    return true;
  },

  async soak() {
    const { soak } = await import('./soak.ts');
    // V8's optimizing compiler keeps its code in the same heap, and lists of what that depends on, which are longer
    // still after 80,000 steps: three quarters of what grows with it. Without it the heap is what the program keeps.
    setFlagsFromString('--no-opt');
    const steps = count('steps');
    // Before that V8 is not at rest.
    const isLong = steps >= 20_000;
    const { samples, heapSlope, slopeError } = await soak(steps, ({ step, tensors, heapBytes }) =>
      tell(`step ${step}: ${tensors} tensors, heap ${(heapBytes / 2 ** 20).toFixed(2)} MiB`),
    );
    const tensors = [...new Set(samples.map((sample) => sample.tensors))];
    console.log(
      `soak: ${samples.at(-1)?.step ?? 0} steps, tensors ${tensors.join(', ')}, ` +
        `heap ${heapSlope.toFixed(2)} ± ${slopeError.toFixed(2)} bytes a step` +
        (isLong ? '' : ', which fewer than 20000 steps are too few to judge'),
    );
    // A row of the history for each thousand steps has to be kept, and is all that may be.
    return tensors.length === 1 && (!isLong || heapSlope + 3 * slopeError < 2);
  },
};

const unknown = positionals.find((name) => !Object.hasOwn(PROOFS, name));
if (unknown !== undefined)
  refuse('resilience', `there is no proof "${unknown}", only ${Object.keys(PROOFS).join(', ')}`);
let sound = true;
for (const [name, prove] of Object.entries(PROOFS))
  if (positionals.length === 0 || positionals.includes(name)) sound = (await prove()) && sound;
process.exitCode = sound ? 0 : 1;
