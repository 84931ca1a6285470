import { createRequire } from 'node:module';
import { join } from 'node:path';
import { restoreUtil } from '../platform/restore-util.ts';
import type { NativePackage } from '../platform/platform.ts';
import { messageOf } from '../message-of.ts';
import { run } from './run.ts';

/** What loading a native package came to. */
export type Probe =
  | { readonly works: true; readonly tensorflow: string }
  | { readonly works: false; readonly problem: string };

interface Loaded {
  readonly getBackend: () => string;
  readonly backend: () => { readonly binding?: Binding };
  readonly ones: (shape: number[]) => unknown;
  readonly matMul: (a: unknown, b: unknown) => { readonly dataSync: () => ArrayLike<number> };
}

interface Binding {
  readonly TF_Version?: string;
  readonly TF_FLOAT: number;
  createTensor(shape: number[], type: number, values: Float32Array): number;
  executeOp(
    op: string,
    attributes: [],
    inputs: number[],
    outputs: number,
  ): { readonly id: number }[];
  tensorDataSync(id: number): ArrayLike<number>;
}

/**
 * Loads a package as a file in `folder` would, and multiplies two matrices with it; with a library of kernels it loads that
 * too and runs one.
 */
export function probeHere(folder: string, packageName: NativePackage, kernels?: string): Probe {
  try {
    restoreUtil();
    const require = createRequire(join(folder, 'package.json'));
    const tf = require(packageName) as Loaded;
    const product = Array.from(tf.matMul(tf.ones([2, 2]), tf.ones([2, 2])).dataSync()).join();
    if (kernels !== undefined) tryKernels(kernels, tf);
    return tf.getBackend() === 'tensorflow' && product === '2,2,2,2'
      ? { works: true, tensorflow: tf.backend().binding?.TF_Version ?? 'of unknown version' }
      : { works: false, problem: `it computes ${product} on ${tf.getBackend()}` };
  } catch (error) {
    return { works: false, problem: messageOf(error).trim().split('\n', 1)[0] ?? '' };
  }
}

function tryKernels(kernels: string, tf: Loaded): void {
  process.dlopen({ exports: {} }, kernels);
  const { binding } = tf.backend();
  if (!binding) throw new Error('tfjs-node has no binding');
  const numbers = binding.createTensor([4], binding.TF_FLOAT, Float32Array.of(1, 2, 3, 6));
  const [mean] = binding.executeOp('TfloopMean', [], [numbers], 1);
  const value = mean && binding.tensorDataSync(mean.id)[0];
  if (value !== 3) throw new Error(`a mean of 3 is ${value}`);
}

/** Marks the one line of the child's output that is the answer. */
const mark = 'tfloop-native probe: ';

/** Writes the answer of {@link probeHere} for {@link createProbe} to read. */
export function answerProbe(folder: string, packageName: NativePackage, kernels?: string): void {
  process.stdout.write(`\n${mark}${JSON.stringify(probeHere(folder, packageName, kernels))}\n`);
}

/**
 * Makes a function that loads a package in a process of its own, so that a crash of the library is an answer as well.
 * `command` starts a process that calls {@link answerProbe} with its last argument.
 */
export function createProbe(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
) {
  return async (folder: string, packageName: NativePackage, kernels?: string): Promise<Probe> => {
    const [program = '', ...args] = command;
    const also = kernels === undefined ? [] : ['--kernels', kernels];
    const ran = await run(program, [...args, packageName, ...also], {
      cwd: folder,
      env: { ...env, TF_CPP_MIN_LOG_LEVEL: '3' },
      signal,
    });
    const answer = ran.output.split('\n').find((line) => line.startsWith(mark));
    if (answer !== undefined) return JSON.parse(answer.slice(mark.length)) as Probe;
    if (ran.killedBy === 'SIGILL')
      return {
        works: false,
        problem: 'this libtensorflow needs instructions that this processor lacks (AVX)',
      };
    const lastLine = ran.output.trim().split('\n').at(-1) ?? '';
    return {
      works: false,
      problem: `loading it ended with ${ran.killedBy ?? ran.code}: ${lastLine}`,
    };
  };
}
