import { readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';
import {
  batches,
  checkpoint,
  Learner,
  meanSquaredError,
  type Callback,
  type CheckpointStore,
  type DataLike,
  type FitOptions,
  type Loss,
  type Tensors,
} from '@tfloop/core';
import { memoryStore, resumesExactly, testOptimizer, toyProblem } from '@tfloop/core/testing';
import { at, line } from './fixtures.ts';
import { temporaryFolder } from './temporary-folder.ts';

let dir: string;
temporaryFolder((folder) => (dir = folder));

afterEach(() => {
  jest.restoreAllMocks();
});

const killAtStep = (step: number): Callback => ({
  name: 'killer',
  passive: true,
  order: 1e9,
  atRest(loop) {
    if (loop.step === step) throw new Error('killed');
  },
});

/** A fit of the toy problem by a learner of its own; what came of it, in numbers. */
async function fitToy(epochs: number, callbacks: Callback[], options?: FitOptions, seed = 1) {
  const { learner, numbers, dispose } = toyProblem({ seed });
  try {
    const { rows } = await learner.fit(epochs, callbacks, options);
    return { rows: rows.map((row) => ({ ...row, seconds: 0 })), numbers: numbers() };
  } finally {
    dispose();
  }
}

describe('a fit that was killed and is resumed', () => {
  test.each([1, 2, 3, 4, 5, 6])('after step %d ends as the unbroken one', async (step) => {
    const whole = await fitToy(2, []);
    const saves = () => checkpoint({ dir, every: { steps: 1 } });
    await expect(fitToy(2, [saves(), killAtStep(step)])).rejects.toThrow('killed');
    expect(await fitToy(2, [saves()], { resume: 'auto' })).toEqual(whole);
  });

  test('goes on from a checkpoint’s own path and from its folder’s', async () => {
    const whole = await fitToy(2, []);
    await expect(
      fitToy(2, [checkpoint({ dir, every: { steps: 2 } }), killAtStep(5)]),
    ).rejects.toThrow('killed');
    expect(readdirSync(dir).sort()).toEqual(['step-00000002', 'step-00000004']);
    expect(await fitToy(2, [], { resume: dir })).toEqual(whole);
    expect(await fitToy(2, [], { resume: join(dir, 'step-00000002') })).toEqual(whole);
  });

  test('trains only what was left', async () => {
    await expect(
      fitToy(2, [checkpoint({ dir, every: { steps: 1 } }), killAtStep(4)]),
    ).rejects.toThrow('killed');
    const batches: number[] = [];
    const epochs: number[] = [];
    await fitToy(
      2,
      [
        { ...at('afterStep', ({ step }) => batches.push(step)), passive: true },
        { ...at('beforeEpoch', ({ epoch }) => epochs.push(epoch), 'epochs'), passive: true },
      ],
      { resume: dir },
    );
    expect(batches).toEqual([5, 6]);
    // The second epoch had begun.
    expect(epochs).toEqual([]);
  });

  test('that had ended does nothing more', async () => {
    const whole = await fitToy(2, [checkpoint({ dir })]);
    const steps: number[] = [];
    const watch = { ...at('afterStep', ({ step }) => steps.push(step)), passive: true };
    expect(await fitToy(2, [watch], { resume: dir })).toEqual(whole);
    expect(steps).toEqual([]);
  });

  test('leaves no tensor behind, neither does one that is refused', async () => {
    const { learner, dispose } = toyProblem();
    await learner.fit(1, [checkpoint({ dir })]);
    const { numTensors } = tf.memory();
    await learner.fit(1, [], { resume: dir });
    await expect(learner.fit(2, [], { resume: dir })).rejects.toThrow('epochs: saved 1, now 2');
    await learner.fit(2, [], { resume: { from: dir, allow: ['epochs'] } });
    expect(tf.memory().numTensors).toBe(numTensors);
    dispose();
  });
});

describe('auto', () => {
  test('begins anew where there is no checkpoint yet', async () => {
    const whole = await fitToy(2, []);
    expect(await fitToy(2, [checkpoint({ dir })], { resume: 'auto' })).toEqual(whole);
  });

  test('of a folder that is not there is an error, and makes none', async () => {
    const typo = join(dir, 'typo');
    await expect(fitToy(2, [], { resume: typo })).rejects.toThrow(
      `Learner.fit: resume: there is no checkpoint in ${typo}`,
    );
    expect(readdirSync(dir)).toEqual([]);
  });

  test('needs a checkpoint callback', async () => {
    await expect(fitToy(2, [], { resume: 'auto' })).rejects.toThrow(
      "Learner.fit: resume: 'auto' needs checkpoint({ dir }) among the callbacks",
    );
  });

  test('skips what is damaged, half written or none, and says so', async () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const whole = await fitToy(2, []);
    const saves = () => checkpoint({ dir, every: { steps: 1 }, keep: 5 });
    await expect(fitToy(2, [saves(), killAtStep(5)])).rejects.toThrow('killed');
    truncateSync(join(dir, 'step-00000005', 'weights.safetensors'), 100);
    writeFileSync(join(dir, 'step-00000004', 'state.json'), '{"format":');
    rmSync(join(dir, 'step-00000003', 'optimizer.safetensors'));
    expect(await fitToy(2, [saves()], { resume: 'auto' })).toEqual(whole);
    const told = warn.mock.calls.map(([line]) => String(line));
    for (const step of ['5', '4', '3'])
      expect(told.filter((line) => line.includes(`skipped step-0000000${step} in `))).toHaveLength(
        1,
      );
  });

  test('does not begin anew where all are damaged', async () => {
    jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    await fitToy(1, [checkpoint({ dir, keep: 1 })]);
    truncateSync(join(dir, 'step-00000003-epoch', 'weights.safetensors'), 10);
    await expect(fitToy(1, [checkpoint({ dir })], { resume: 'auto' })).rejects.toThrow(
      'every checkpoint in',
    );
  });
});

describe('another run is refused, with what differs:', () => {
  let store: CheckpointStore;
  const named = (name: string, options: Record<string, unknown> = {}): Callback => ({
    name,
    options,
  });

  beforeEach(async () => {
    store = memoryStore();
    await fitToy(1, [checkpoint({ dir: store }), named('one', { k: 5 })]);
  });

  test.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'epochs',
      () => fitToy(3, [named('one', { k: 5 })], { resume: { from: store } }),
      /epochs: saved 1, now 3/,
    ],
    [
      'seed',
      () => fitToy(1, [named('one', { k: 5 })], { resume: { from: store } }, 2),
      /seed: saved 1, now 2/,
    ],
    [
      'options',
      () => fitToy(1, [named('one', { k: 6 })], { resume: { from: store } }),
      /callbacks "one": saved {"k":5}, now {"k":6}/,
    ],
    [
      'callbacks',
      () => fitToy(1, [named('two')], { resume: { from: store } }),
      /callbacks "one": saved {"k":5}, now none\n {2}callbacks "two": saved none, now {}/,
    ],
    [
      'data and model',
      () => line({}).learner.fit(1, [], { resume: { from: store } }),
      /model "scale": saved float32 \[\], not trained, now none/,
    ],
  ])('%s', async (_, fit, message) => {
    await expect(fit()).rejects.toThrow(message);
    await expect(fit()).rejects.toThrow(/If that is meant, pass resume: { from, allow: \['/);
  });

  test('loss, optimizer, batches', async () => {
    const fit = async (lr: number, batchSize: number, loss: Loss, options?: FitOptions) => {
      const w = tf.tidy(() => tf.variable(tf.scalar(1)));
      const model = { variables: [w], forward: (x: Tensors) => tf.mul(x as tf.Tensor, w) };
      const x = Float32Array.from({ length: 6 }, (_, i) => i);
      const data = { train: batches({ x, y: x }, { batchSize }) };
      const optimizer = testOptimizer({ lr });
      const learner = new Learner({ model, data, loss, optimizer });
      await learner.fit(1, [checkpoint({ dir })], options);
    };
    await fit(0.1, 4, meanSquaredError());
    await fit(0.1, 4, meanSquaredError(), { resume: dir });
    const refused = (lr: number, batchSize: number, loss: Loss) =>
      expect(fit(lr, batchSize, loss, { resume: dir })).rejects;
    await refused(0.2, 4, meanSquaredError()).toThrow(
      /optimizer "testOptimizer": saved {"lr":0.1,.*now {"lr":0.2/,
    );
    await refused(0.1, 5, meanSquaredError()).toThrow(
      /data.train contents: saved digest .*, now digest/,
    );
    await refused(0.1, 4, (pred, y) => tf.abs(tf.sub(pred as tf.Tensor, y as tf.Tensor))).toThrow(
      /loss: saved .*, now/,
    );
  });

  test('another activation', async () => {
    const fit = async (activation: 'relu' | 'tanh', options?: FitOptions) => {
      const model = tf.sequential({
        layers: [tf.layers.dense({ units: 1, inputShape: [1], activation, name: 'dense' })],
      });
      const train = [{ x: tf.ones([2, 1]), y: tf.ones([2, 1]) }];
      const optimizer = testOptimizer();
      const learner = new Learner({ model, data: { train }, loss: meanSquaredError(), optimizer });
      await learner.fit(1, [checkpoint({ dir })], options);
    };
    await fit('relu');
    await fit('relu', { resume: dir });
    await expect(fit('tanh', { resume: dir })).rejects.toThrow(
      'options of its layers: saved digest',
    );
  });

  test('what is allowed and can’t be taken over begins anew, from the weights that were saved, and says so', async () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    let seen: number[] = [];
    const starter: Callback = {
      name: 'starter',
      beforeFit: ({ parameters }) => void (seen = [...parameters.get('hidden')!.dataSync()]),
    };
    const trained = await fitToy(1, [named('one', { k: 5 })]);
    await fitToy(1, [starter], { resume: { from: store, allow: ['callbacks'] } });
    expect(trained.numbers.slice(1, 1 + seen.length)).toEqual(seen);
    expect(warn).not.toHaveBeenCalled();
    const other = line({}).learner;
    const all = [
      'epochs',
      'seed',
      'model',
      'optimizer',
      'loss',
      'data',
      'metrics',
      'callbacks',
    ] as const;
    await other.fit(1, [], { resume: { from: store, allow: all } });
    expect(warn.mock.calls.flat().join()).toBe(
      'Learner.fit: resume: the weight "weight", the optimizer could not be taken over, and so began anew',
    );
  });

  test('unless it is meant', async () => {
    const fit = fitToy(2, [named('two')], {
      resume: { from: store, allow: ['epochs', 'callbacks'] },
    });
    expect((await fit).rows.map(({ epoch }) => epoch)).toEqual([0, 1]);
  });

  test('other data of the same shape', async () => {
    const digestOf = async (value: number) => {
      const x = tf.fill([4, 1], value);
      return batches({ x, y: x }).digest?.();
    };
    expect(await digestOf(1)).toBe(await digestOf(1));
    expect(await digestOf(1)).not.toBe(await digestOf(2));
  });

  test('but another back end is only warned of', async () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    await useBackend({ backend: 'wasm', log: () => undefined });
    try {
      await fitToy(1, [named('one', { k: 5 })], { resume: { from: store } });
    } finally {
      await tf.setBackend('cpu');
    }
    expect(warn.mock.calls.flat().join()).toContain(
      'was made on the back end cpu and goes on on wasm, so not bit for bit',
    );
  });

  test('but passive callbacks come and go', async () => {
    const watcher: Callback = { name: 'watcher', passive: true, options: { any: 1 } };
    await fitToy(1, [named('one', { k: 5 }), watcher], { resume: { from: store } });
  });

  test.each<[unknown, RegExp]>([
    [true, /^Learner.fit: resume must be 'auto', the path .*, or { from, allow }, got true$/],
    [null, /^Learner.fit: resume must be .*, got null$/],
    ['', /^Learner.fit: resume: from must be .* or a checkpoint store, got ""$/],
    [{}, /^Learner.fit: resume: from must be .*, got undefined$/],
    [{ from: 'auto', allow: 'data' }, /^Learner.fit: resume: allow must be a list, got "data"$/],
    [
      { form: 'auto' },
      /^Learner.fit: resume: there is no option "form"; the options are from, all/,
    ],
  ])('an option that is none: %j', async (resume, message) => {
    const fit = fitToy(1, [], { resume: resume as string });
    await expect(fit).rejects.toThrow(message);
  });

  test('an unknown difference is an error', async () => {
    const allow = ['weather' as 'data'];
    await expect(fitToy(1, [], { resume: { from: store, allow } })).rejects.toThrow(
      'Learner.fit: resume: allow must be one of "epochs"',
    );
  });
});

describe('data that can’t seek', () => {
  const batchesOf = (seed: number) =>
    function* () {
      for (let i = 0; i < 4; i++)
        yield { x: tf.tensor2d([[i + seed], [1]]), y: tf.tensor2d([[1], [i]]) };
    };

  async function fitLine(train: DataLike, callbacks: Callback[], options?: FitOptions) {
    const w = tf.tidy(() => tf.variable(tf.tensor2d([[0.5]])));
    const optimizer = testOptimizer({ lr: 0.01 });
    const model = Object.assign((x: unknown) => tf.matMul(x as tf.Tensor2D, w), {
      variables: { w },
    });
    const loss = (pred: tf.Tensor, y: tf.Tensor) => tf.mean(tf.square(tf.sub(pred, y)));
    try {
      await new Learner({ model, optimizer, loss, data: { train } }).fit(2, callbacks, options);
      return [...w.dataSync()];
    } finally {
      optimizer.dispose();
      w.dispose();
    }
  }

  test('is repeated up to where the fit was', async () => {
    const whole = await fitLine(batchesOf(0), []);
    const saves = checkpoint({ dir, every: { steps: 1 } });
    await expect(fitLine(batchesOf(0), [saves, killAtStep(6)])).rejects.toThrow('killed');
    const { numTensors } = tf.memory();
    expect(await fitLine(batchesOf(0), [], { resume: dir })).toEqual(whole);
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  test('is refused where it does not repeat itself', async () => {
    const saves = checkpoint({ dir, every: { steps: 1 } });
    await expect(fitLine(batchesOf(0), [saves, killAtStep(6)])).rejects.toThrow('killed');
    const { numTensors } = tf.memory();
    await expect(fitLine(batchesOf(1), [], { resume: dir })).rejects.toThrow(
      'the train data does not repeat itself: epoch 1 begins with another batch than it did',
    );
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  test('of TensorFlow.js, shuffled from a seed, is repeated in every epoch', async () => {
    const dataset = () =>
      tf.data
        .array(Array.from({ length: 8 }, (_, i) => ({ xs: [i / 8], ys: [1 - i / 8] })))
        .shuffle(8, 'a seed')
        .batch(2) as unknown as DataLike;
    const whole = await fitLine(dataset(), []);
    const saves = checkpoint({ dir, every: { steps: 1 } });
    await expect(fitLine(dataset(), [saves, killAtStep(6)])).rejects.toThrow('killed');
    expect(await fitLine(dataset(), [], { resume: dir })).toEqual(whole);
  });
});

test('layers that draw, seeded or not, are resumed exactly', async () => {
  const fit = async (callbacks: Callback[], options?: FitOptions) => {
    const { layers } = tf;
    const model = tf.sequential({
      layers: [
        layers.dense({ units: 8, inputShape: [4], name: 'in', kernelInitializer: 'ones' }),
        layers.dropout({ rate: 0.5, name: 'seeded', seed: 7 }),
        layers.gaussianNoise({ stddev: 0.1, name: 'noise' }),
        layers.dropout({ rate: 0.5, name: 'unseeded' }),
        layers.dense({ units: 1, name: 'out', kernelInitializer: 'ones' }),
      ],
    });
    const optimizer = testOptimizer({ lr: 0.001 });
    const x = Float32Array.from({ length: 48 }, (_, i) => Math.sin(i));
    const train = { x: tf.tensor2d(x, [12, 4]), y: tf.ones([12, 1]) };
    const loss = (pred: tf.Tensor, y: tf.Tensor) => tf.mean(tf.square(tf.sub(pred, y)));
    try {
      const data = { train: [train, train, train] };
      await new Learner({ model, optimizer, loss, data }).fit(2, callbacks, options);
      return model.getWeights().flatMap((weight) => [...weight.dataSync()]);
    } finally {
      tf.dispose(train);
      optimizer.dispose();
      model.dispose();
    }
  };
  const whole = await fit([]);
  expect(await fit([])).toEqual(whole);
  await expect(fit([checkpoint({ dir, every: { steps: 1 } }), killAtStep(4)])).rejects.toThrow(
    'killed',
  );
  expect(await fit([], { resume: dir })).toEqual(whole);
});

test('the kit finds a callback that forgets where it was', async () => {
  const forgetful = (): Callback => {
    let calls = 0;
    return {
      name: 'forgetful',
      beforeFit: () => void (calls = 0),
      beforeStep: ({ optimizer }) => optimizer.set('lr', 0.01 * ++calls),
    };
  };
  await expect(resumesExactly(() => [forgetful()])).rejects.toMatchObject({
    cause: { message: expect.stringContaining('resumed, and the unbroken fit, differ at') },
  });
});
