// The kernels in C of native, where they are built. They are tried by `.ci/run`, which starts this file on TensorFlow.
import { execFile, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';
import { adam, adamw, rmsprop, sgd } from '@tfloop/optimizers';
import * as fc from 'fast-check';
import { kernelLibrary } from '../src/kernel-library.ts';
import { libraryOverrides } from '../src/native/library/library-overrides.ts';
import { engine, expectClose, expectSame, kernel, random, useEngine } from './compare.ts';
import { trainMlp } from './train-mlp.ts';
import { values } from './values.ts';

const nativeFolder = join(__dirname, '../../../node_modules/@tensorflow/tfjs-node');

/** Why they can't be tried here, or undefined. */
function obstacle(): string | undefined {
  if (engine !== 'tensorflow') return `this runs on ${engine}`;
  if (process.env['TFLOOP_C_KERNELS'] === 'off') return 'TFLOOP_C_KERNELS is off';
  return existsSync(kernelLibrary(nativeFolder)) ? undefined : 'they are not built';
}
const reason = obstacle();
const isTried = reason === undefined;
if (!isTried) console.warn(`kernels in C are not tried, as ${reason}`);
const onLibrary = isTried ? test : test.skip;

beforeAll(async () => {
  if (isTried) expect((await useEngine()).lack).toBeUndefined();
});
afterAll(async () => {
  if (isTried) await useEngine();
});

onLibrary('products are those of the CPU back end, of any sizes, turned or not', async () => {
  // Around tiles, panels and parts; the shared dimension around the passes over it, too.
  const size = fc.oneof(
    { weight: 1, arbitrary: fc.constant(0) },
    { weight: 9, arbitrary: fc.integer({ min: 1, max: 70 }) },
  );
  const cases = fc.record({
    seed: fc.nat(),
    m: size,
    n: size,
    k: fc.oneof(
      { weight: 9, arbitrary: size },
      { weight: 1, arbitrary: fc.constantFrom(1023, 1024, 1025, 2050) },
    ),
    turnA: fc.boolean(),
    turnB: fc.boolean(),
  });
  const property = fc.asyncProperty(cases, async ({ seed, m, n, k, turnA, turnB }) => {
    await expectSame(
      () => [
        tf.matMul(
          random(seed, turnA ? [k, m] : [m, k]),
          random(seed + 1, turnB ? [n, k] : [k, n]),
          turnA,
          turnB,
        ),
      ],
      { scale: 1 },
    );
  });
  await fc.assert(property, { numRuns: 150 });
});

onLibrary(
  'products let NaN and infinity through, where their numbers enter and nowhere else',
  async () => {
    await expectSame(() => {
      const a = tf.tensor2d([1, 2, NaN, 4, Infinity, 1, 0, -1, 1e30, 1e30, 1, 1], [4, 3]);
      return [tf.matMul(a, tf.abs(random(1, [3, 33]))), tf.matMul(tf.ones([3, 4]), a)];
    });
  },
);

onLibrary('of nothing, all of them give what is nothing', () => {
  const shapes = tf.tidy(() => {
    const none = tf.zeros([0, 3]);
    return [
      tf.gather(tf.ones([3, 2]), tf.tensor1d([], 'int32')),
      tf.sum(none, 0),
      kernel('TfloopScaleRows', { x: none, factors: tf.zeros([0]) }, {}),
      kernel('TfloopReluGrad', { dy: none, y: none }, {}),
    ]
      .flat()
      .map((t) => [t.shape, Array.from(t.dataSync())]);
  });
  expect(shapes).toEqual([
    [[0, 2], []],
    [[3], [0, 0, 0]],
    [[0, 3], []],
    [[0, 3], []],
  ]);
});

describe('updates are those of the CPU back end:', () => {
  // None below 1e-38: TensorFlow makes 0 of these.
  const extremes = [0, -0, 1, 1e-30, -1e-30, 1e18, -1e19, 1e30, -1e38, Infinity, -Infinity, NaN];
  // Each with each, and then what is left of it.
  const pairs = extremes.flatMap((p) => extremes.map((g) => [p, g] as const));
  // More than one part takes, so that where each begins shows.
  const many = Array.from(values(7, 200_000), (p, i) => [p, Math.sin(i)] as const);
  const optimizers = {
    sgd: () => sgd({ lr: 0.1 }),
    momentum: () => sgd({ lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.1 }),
    adam: () => adam({ lr: 0.1 }),
    adamw: () => adamw({ lr: 0.1 }),
    rmsprop: () => rmsprop({ lr: 0.1 }),
    centered: () => rmsprop({ lr: 0.1, centered: true, momentum: 0.9 }),
  };

  const cases = Object.keys(optimizers).flatMap((name) => [
    [name, 'extreme', pairs] as const,
    [name, '200,000', many] as const,
  ]);
  onLibrary.each(cases)('%s of %s numbers', async (name, _, pairs) => {
    const moved = async (backend: string) => {
      await tf.setBackend(backend);
      const optimizer = optimizers[name as keyof typeof optimizers]();
      const variable = tf.variable(tf.tensor1d(pairs.map(([p]) => p)));
      const gradient = tf.tensor1d(pairs.map(([, g]) => g));
      for (let i = 0; i < 2; i++)
        optimizer.step(new Map([['w', variable]]), new Map([['w', gradient]]));
      const result = Array.from(variable.dataSync());
      optimizer.dispose();
      tf.dispose([variable, gradient]);
      return result;
    };
    const expected = await moved('cpu');
    const actual = await moved(engine);
    const differ = pairs.filter((_, i) => {
      const [one, other] = [actual[i]!, expected[i]!];
      return (
        one !== other &&
        !(Number.isNaN(one) && Number.isNaN(other)) &&
        !(Math.abs(one - other) <= 1e-5 * Math.abs(other))
      );
    });
    expect(differ).toEqual([]);
  });
});

onLibrary('tensors that differ in size are refused by name, and leave nothing behind', async () => {
  await tf.setBackend(engine);
  const [one, two, pair] = [tf.ones([4]), tf.ones([5]), tf.ones([2, 3])];
  const labels = tf.tensor1d([0], 'int32');
  const wrong: Record<string, [Record<string, tf.Tensor>, tf.NamedAttrMap]> = {
    TfloopSgdUpdate: [{ parameter: one, gradient: two }, { lr: 1 }],
    TfloopAdamUpdate: [{ parameter: one, gradient: one, expAvg: one, expAvgSq: two }, { eps: 1 }],
    TfloopRmspropUpdate: [{ parameter: one, gradient: one, squareAvg: two }, { lr: 1 }],
    TfloopSoftmaxCrossEntropy: [{ logits: pair, labels }, { labelSmoothing: 0 }],
    TfloopBatchNorm: [{ x: pair, scale: one, offset: one }, { epsilon: 1 }],
    TfloopBatchNormGrad: [
      { dy: pair, x: pair, y: one, scale: one, mean: one, variance: one },
      { epsilon: 1 },
    ],
    TfloopDense: [{ x: pair, kernel: pair }, {}],
    TfloopReluGrad: [{ dy: one, y: two }, {}],
    TfloopScaleRows: [{ x: pair, factors: one }, {}],
    TfloopMoveTowards: [{ average: one, value: two }, { share: 1 }],
  };
  const call = ([name, [inputs, attrs]]: [string, (typeof wrong)[string]]) =>
    expect(() => kernel(name, inputs, attrs)).toThrow(
      new RegExp(`^${name.replace('Softmax', '')} on native: [^]*the tensors differ in size`),
    );
  // Their settings stay.
  Object.entries(wrong).forEach(call);
  const before = [tf.memory().numTensors, tf.backend().numDataIds()];
  Object.entries(wrong).forEach(call);
  expect([tf.memory().numTensors, tf.backend().numDataIds()]).toEqual(before);
  const deep = tf.ones(Array.from({ length: 9 }, () => 1));
  expect(() => kernel('TfloopReluGrad', { dy: deep, y: deep }, {})).toThrow('too many dimensions');
  tf.dispose([one, two, pair, labels, deep]);
});

const node = (file: string) => [
  '--conditions=@tfloop/source',
  `--import=${pathToFileURL(join(__dirname, '../../../tools/typescript.js')).href}`,
  join(__dirname, file),
];

describe('what TensorFlow refuses, or would end the process for, is refused:', () => {
  onLibrary('a filter larger than its image', () => {
    const large = tf.ones<tf.Rank.R4>([5, 5, 1, 1]);
    const small = tf.ones<tf.Rank.R4>([1, 2, 2, 1]);
    expect(() => tf.conv2d(small, large, 1, 'valid')).toThrow('would be negative');
    tf.dispose([small, large]);
  });

  const others: [number, number, number, number][] = [
    [1, 20, 20, 1],
    [1, 2, 2, 1],
    [3, 8, 8, 1],
  ];
  onLibrary.each(others)(
    'a gradient for an input of [%i, %i, %i, %i], which gives another result',
    (...shape) => {
      const [dy, filter] = [tf.ones<tf.Rank.R4>([1, 4, 4, 1]), tf.ones<tf.Rank.R4>([3, 3, 1, 1])];
      expect(() => tf.conv2dTranspose(dy, filter, shape, 2, 'same')).toThrow('TF_Status');
      tf.dispose([dy, filter]);
    },
  );

  onLibrary('an axis that is named twice', () => {
    const x = tf.ones([2, 3]);
    expect(() => tf.mean(x, [0, 0])).toThrow('Mean on native');
    expect(() => tf.sum(tf.ones([2, 3, 4]), [0, 0])).toThrow('TF_Status');
    x.dispose();
  });

  onLibrary('a second copy of the library', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tfloop-kernels-'));
    const copy = join(folder, 'copy.node');
    copyFileSync(kernelLibrary(nativeFolder), copy);
    expect(() => {
      process.dlopen({ exports: {} }, copy);
    }).toThrow('another copy of them is loaded');
    rmSync(folder, { recursive: true });
  });

  onLibrary('a TFLOOP_C_KERNELS that is neither on nor off', () => {
    const { status, stderr } = spawnSync(process.execPath, node('kernel-library-process.ts'), {
      encoding: 'utf8',
      env: { ...process.env, TFLOOP_C_KERNELS: 'false' },
    });
    expect(status).not.toBe(0);
    expect(stderr).toContain('TFLOOP_C_KERNELS must be on or off, got "false"');
  });
});

onLibrary('what they leave to overrides of ours does not fall to TensorFlow.js', async () => {
  // Where TensorFlow.js itself throws.
  await expectSame(() => [
    tf.gather(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor1d([1], 'int32'), -1),
    tf.mean(random(3, [2, 4, 4, 3]), [1, 2]),
    tf.mean(random(4, [5, 3]), [-1, 0], true),
  ]);
});

onLibrary('a network trains alike with each of them left off', async () => {
  const train = async () => [{ shape: [], dtype: 'float32', values: await trainMlp() }];
  await useEngine();
  const expected = await train();
  const { overrides } = await useEngine();
  for (const { name } of libraryOverrides) {
    expect(overrides).toContain(name);
    expect((await useEngine([name])).overrides).not.toContain(name);
    expectClose(await train(), expected);
  }
  await useEngine();
  const names = libraryOverrides.map(({ name }) => name);
  await useBackend({ backend: 'native', without: names, log: () => undefined });
  expectClose(await train(), expected);
});

onLibrary(
  "one thread and two give the same bits, and TensorFlow's ops alone the same numbers",
  async () => {
    const train = async (env: NodeJS.ProcessEnv) => {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        node('kernel-library-process.ts'),
        {
          env: { ...process.env, ...env },
        },
      );
      return JSON.parse(stdout) as { lack?: string; bits: string; weights: number[] };
    };
    const one = await train({ TF_NUM_INTRAOP_THREADS: '1' });
    const two = await train({ TF_NUM_INTRAOP_THREADS: '2' });
    expect([one.lack, two.lack]).toEqual([undefined, undefined]);
    expect(two.bits).toBe(one.bits);
    const off = await train({ TFLOOP_C_KERNELS: 'off' });
    expect(off.lack).toBe('no kernels in C, as TFLOOP_C_KERNELS is off');
    expect(off.bits).not.toBe(one.bits);
    const as = (weights: number[]) => [
      { shape: [weights.length], dtype: 'float32', values: weights },
    ];
    expectClose(as(off.weights), as(one.weights));
  },
);

onLibrary('two worker threads may load them at once', () => {
  const { stdout, stderr } = spawnSync(process.execPath, node('kernel-library-workers.ts'), {
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect([stdout, stdout === '' ? stderr : '']).toEqual([
    JSON.stringify([1, 2].map(() => ({ hasProducts: true, sums: [90_000] }))),
    '',
  ]);
});
