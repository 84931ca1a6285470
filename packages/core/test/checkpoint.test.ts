import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import {
  CancelStep,
  checkpoint,
  Learner,
  meanSquaredError,
  type Callback,
  type CheckpointOptions,
  type RestLoop,
} from '@tfloop/core';
import { describeCallback, memoryStore, testOptimizer, toyProblem } from '@tfloop/core/testing';
import { temporaryFolder } from './temporary-folder.ts';

let dir: string;
temporaryFolder((folder) => (dir = folder));

afterEach(() => {
  jest.restoreAllMocks();
});

const bad = (options: unknown) => () => checkpoint(options as CheckpointOptions);

describeCallback({
  name: 'checkpoint',
  create: () => ({ ...checkpoint({ dir: memoryStore(), every: { steps: 1 } }), name: 'another' }),
  refuses: [
    [
      bad(undefined),
      /^checkpoint: dir must be a folder's path or a checkpoint store, got undefined$/,
    ],
    [bad('runs'), /^checkpoint: options must be an object with names, got "runs"$/],
    [bad({ dir: '' }), /^checkpoint: dir must be a folder's path/],
    [bad({ dir: 'a', keep: 0 }), /^checkpoint: keep must be an integer >= 1, got 0$/],
    [bad({ dir: 'a', every: {} }), /^checkpoint: every must have steps, epochs or seconds/],
    [
      bad({ dir: 'a', every: { steps: 0 } }),
      /^checkpoint: every.steps must be an integer >= 1, got 0$/,
    ],
    [bad({ dir: 'a', every: { hours: 1 } }), /^checkpoint: every: there is no option "hours"/],
    [
      bad({ dir: 'a', best: { metric: 'validLoss' } }),
      /^checkpoint: best.mode must be one of "min", "max"/,
    ],
    [bad({ dir: 'a', folder: 'b' }), /^checkpoint: there is no option "folder"/],
  ],
});

/** Fits the toy problem, three steps an epoch; the names of the checkpoints that are left. */
async function namesAfter(
  epochs: number,
  options: object,
  ...others: Callback[]
): Promise<string[]> {
  const { learner, dispose } = toyProblem();
  try {
    await learner.fit(epochs, [checkpoint({ dir, ...options }), ...others]);
    return readdirSync(dir).sort();
  } finally {
    dispose();
  }
}

describe('makes one', () => {
  test('after every epoch, and keeps two', async () => {
    expect(await namesAfter(4, {})).toEqual(['step-00000009-epoch', 'step-00000012-epoch']);
  });

  test('after so many steps, and at the end', async () => {
    expect(await namesAfter(2, { every: { steps: 4 }, keep: 9 })).toEqual([
      'step-00000004',
      'step-00000006-epoch',
    ]);
  });

  test('after so many steps, of which a cancelled one is none', async () => {
    const cancel: Callback = {
      name: 'cancel',
      beforeStep: ({ batch }) => {
        if (batch > 2) throw new CancelStep();
      },
    };
    expect(await namesAfter(2, { every: { steps: 3 }, keep: 9 }, cancel)).toEqual([
      'step-00000003',
      'step-00000003-epoch',
    ]);
  });

  test('after so many seconds', async () => {
    let now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    const clock: Callback = { name: 'clock', afterBatch: () => void (now += 1000) };
    // A validation has two batches; they take their time as well.
    expect(await namesAfter(2, { every: { seconds: 3 }, keep: 9 }, clock)).toEqual([
      'step-00000003',
      'step-00000004',
      'step-00000006-epoch',
    ]);
  });

  test('where a stop is asked for, of the moment before it', async () => {
    const stop: Callback = {
      name: 'stop',
      afterBatch: (loop) => (loop.batch === 4 ? loop.stop() : undefined),
    };
    expect(await namesAfter(3, { every: { epochs: 5 } }, stop)).toEqual(['step-00000005']);
  });

  test('in a fit of the same instance after another, and takes nothing away of the first', async () => {
    const { learner, dispose } = toyProblem();
    const saves = checkpoint({ dir, keep: 1 });
    await learner.fit(1, [saves]);
    await learner.fit(1, [saves]);
    expect(readdirSync(dir).sort()).toEqual(['step-00000003-epoch', 'step-00000003-epoch-2']);
    dispose();
  });
});

describe('the best one', () => {
  const lrs = (...values: number[]): Callback => ({
    name: 'lrs',
    beforeEpoch: ({ epoch, optimizer }) => optimizer.set('lr', values[epoch] ?? 0),
  });

  test.each([
    ['max', 0],
    ['min', 1],
  ] as const)('is kept by its %s', async (mode, best) => {
    // Forwards, then by a long step to nowhere.
    const names = await namesAfter(2, { best: { metric: 'validLoss', mode } }, lrs(-0.3, 0.3));
    expect(names).toContain(`best-0000000${best === 0 ? 3 : 6}`);
    expect(names.filter((name) => name.startsWith('best'))).toHaveLength(1);
  });

  test('has to be of a figure that there is', async () => {
    const fit = namesAfter(1, { best: { metric: 'f1', mode: 'max' } });
    await expect(fit).rejects.toThrow(
      'checkpoint.beforeFit: checkpoint: best.metric must be one of "trainLoss", "smoothLoss", "validLoss", "accuracy", got "f1"',
    );
  });

  test('stays the best after a resume', async () => {
    const best = { metric: 'validLoss', mode: 'max' } as const;
    await namesAfter(2, { best }, lrs(-0.3, 0.3));
    const { learner, dispose } = toyProblem();
    const resume = { from: dir, allow: ['epochs'] as const };
    await learner.fit(3, [checkpoint({ dir, best }), lrs(-0.3, 0.3, 0)], { resume });
    expect(readdirSync(dir).filter((name) => name.startsWith('best'))).toEqual(['best-00000003']);
    dispose();
  });
});

test('a folder that can’t be one is refused before any work', async () => {
  writeFileSync(join(dir, 'file'), '');
  const { learner, numbers, dispose } = toyProblem();
  const before = numbers();
  await expect(learner.fit(1, [checkpoint({ dir: join(dir, 'file') })])).rejects.toThrow(
    /^checkpoint: .* is no folder to keep checkpoints in: ENOTDIR/,
  );
  expect(numbers()).toEqual(before);
  dispose();
});

describe('goes on training', () => {
  test('where one can’t be written, and says so', async () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const store = { ...memoryStore(), write: () => Promise.reject(new Error('no space left')) };
    const { learner, dispose } = toyProblem();
    const { rows } = await learner.fit(2, [checkpoint({ dir: store })]);
    expect(rows).toHaveLength(2);
    expect(warn.mock.calls).toEqual([
      ['checkpoint: step-00000003-epoch was not written to memory: no space left'],
      ['checkpoint: step-00000006-epoch was not written to memory: no space left'],
    ]);
    dispose();
  });

  test('but keeps no state whose weights are not finite', async () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const poison: Callback = {
      name: 'poison',
      afterStep({ step, parameters }) {
        const [weight] = parameters.values();
        if (step === 5) tf.tidy(() => weight?.assign(tf.fill(weight.shape, NaN)));
      },
    };
    expect(await namesAfter(2, { every: { steps: 1 }, keep: 2 }, poison)).toEqual([
      'step-00000003',
      'step-00000004',
    ]);
    expect(warn.mock.calls.flat().join()).toContain('the weight "hidden" is not finite');
  });
});

test('a stop within an epoch leaves nothing that would be gone on from in its place', async () => {
  const stop: Callback = {
    name: 'stop',
    afterBatch: (loop) => (loop.batch === 4 ? loop.stop() : undefined),
  };
  const best = { metric: 'validLoss', mode: 'min' } as const;
  const names = await namesAfter(3, { every: { epochs: 5 }, best }, stop);
  expect(names.filter((name) => name.startsWith('best'))).not.toContain('best-00000005');
  const { learner, dispose } = toyProblem();
  const went: unknown[] = [];
  learner.on('resume', ({ step }) => went.push(step));
  await learner.fit(3, [checkpoint({ dir, best }), { ...stop, afterBatch: () => undefined }], {
    resume: 'auto',
  });
  expect(went).toEqual([5]);
  dispose();
});

test('a run that goes on in another folder takes nothing away there', async () => {
  const [first, second] = [join(dir, '1'), join(dir, '2')];
  for (const folder of [first, second]) {
    const { learner, dispose } = toyProblem();
    await learner.fit(1, [checkpoint({ dir: folder, every: { steps: 1 }, keep: 1 })]);
    dispose();
  }
  const { learner, dispose } = toyProblem();
  const resume = { from: first, allow: ['epochs'] as const };
  await learner.fit(2, [checkpoint({ dir: second, keep: 1 })], { resume });
  expect(readdirSync(second).sort()).toEqual(['step-00000003-epoch', 'step-00000006-epoch']);
  dispose();
});

test('a disk that fails is not tried again at every batch', async () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  let now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  const clock: Callback = { name: 'clock', afterBatch: () => void (now += 1000) };
  const store = { ...memoryStore(), write: () => Promise.reject(new Error('no space left')) };
  const { learner, dispose } = toyProblem();
  await learner.fit(4, [checkpoint({ dir: store, every: { seconds: 10 } }), clock]);
  // Five seconds an epoch, so once in the run, and at its end.
  expect(warn).toHaveBeenCalledTimes(2);
  dispose();
});

test('what can’t be removed is told of, and the new one counts', async () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  const store = { ...memoryStore(), remove: () => Promise.reject(new Error('busy')) };
  const { learner, dispose } = toyProblem();
  await learner.fit(2, [checkpoint({ dir: store, keep: 1 })]);
  expect(warn.mock.calls).toEqual([
    ['checkpoint: step-00000003-epoch was not removed from memory: busy'],
  ]);
  dispose();
});

test('a snapshot elsewhere than at rest is refused', async () => {
  const { learner, dispose } = toyProblem();
  const early: Callback = {
    name: 'early',
    async afterStep(loop) {
      await (loop as unknown as RestLoop).snapshot();
    },
  };
  await expect(learner.fit(1, [early])).rejects.toThrow(
    'early.afterStep: snapshot() is for atRest',
  );
  dispose();
});

test('a stateful layer is refused where checkpoints are made', async () => {
  const model = tf.sequential({
    layers: [
      tf.layers.simpleRNN({ units: 2, stateful: true, batchInputShape: [2, 3, 1], name: 'rnn' }),
    ],
  });
  const train = [{ x: tf.ones([2, 3, 1]), y: tf.ones([2, 2]) }];
  const learner = new Learner({
    model,
    data: { train },
    loss: meanSquaredError(),
    optimizer: testOptimizer(),
  });
  await expect(learner.fit(1, [checkpoint({ dir })])).rejects.toThrow(
    'the layer "rnn" is stateful',
  );
  await learner.fit(1);
});

describe('a learner', () => {
  const create = (name: string, units = 1) => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units, inputShape: [2], name })] });
    const train = [{ x: tf.ones([2, 2]), y: tf.ones([2, 1]) }];
    const optimizer = testOptimizer();
    const learner = new Learner({ model, data: { train }, loss: meanSquaredError(), optimizer });
    const weights = () => model.getWeights().flatMap((weight) => [...weight.dataSync()]);
    return { model, learner, weights };
  };

  test('saves its model for TensorFlow.js, over an older one, and loads it', async () => {
    const [one, other] = [create('a'), create('b')];
    const path = join(dir, 'model');
    await other.learner.save(path);
    await one.learner.save(path);
    expect(readdirSync(path).sort()).toEqual(['group1-shard1of1.bin', 'model.json']);
    expect(readdirSync(dir)).toEqual(['model']);
    expect(other.weights()).not.toEqual(one.weights());
    const { numTensors } = tf.memory();
    await other.learner.load(path);
    expect(other.weights()).toEqual(one.weights());
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  test('loads a checkpoint into the same model made again, whose layers have other numbers', async () => {
    const build = () => {
      const dense = () => tf.layers.dense({ units: 3, inputShape: [3], useBias: false });
      // Twelve, so that the tenth comes before the second by name.
      const model = tf.sequential({ layers: Array.from({ length: 12 }, dense) });
      const train = [{ x: tf.ones([2, 3]), y: tf.ones([2, 3]) }];
      const optimizer = testOptimizer();
      const learner = new Learner({ model, data: { train }, loss: meanSquaredError(), optimizer });
      return { learner, weights: () => model.getWeights().map((weight) => [...weight.dataSync()]) };
    };
    const [one, other] = [build(), build()];
    await one.learner.fit(1, [checkpoint({ dir })]);
    await other.learner.load(dir);
    expect(other.weights()).toEqual(one.weights());
  });

  test('saves no model over other files', async () => {
    const { learner, dispose } = toyProblem();
    await learner.fit(1, [checkpoint({ dir: join(dir, 'run') })]);
    await expect(create('g').learner.save(join(dir, 'run'))).rejects.toThrow(
      'holds other files, such as step-00000003-epoch, and would be replaced as a whole',
    );
    expect(readdirSync(join(dir, 'run'))).toEqual(['step-00000003-epoch']);
    dispose();
  });

  test('saves and loads through a handler of TensorFlow.js', async () => {
    const [one, other] = [create('c'), create('d')];
    let saved: tf.io.ModelArtifacts | undefined;
    await one.learner.save(
      tf.io.withSaveHandler((artifacts) => {
        saved = artifacts;
        return Promise.resolve({
          modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' },
        });
      }),
    );
    await other.learner.load(tf.io.fromMemory(saved!));
    expect(other.weights()).toEqual(one.weights());
  });

  test('loads the weights of a checkpoint, of the newest or of one by name, and nothing else', async () => {
    const { learner, numbers, dispose } = toyProblem();
    await learner.fit(2, [checkpoint({ dir, keep: 2 })]);
    const trained = numbers();
    const fresh = toyProblem();
    await fresh.learner.load(dir);
    expect(fresh.numbers()).toEqual(trained.slice(0, fresh.numbers().length));
    await fresh.learner.load(join(dir, 'step-00000003-epoch'));
    expect(fresh.numbers()).not.toEqual(trained.slice(0, fresh.numbers().length));
    dispose();
    fresh.dispose();
  });

  test('loads the weights that were validated, or those that were trained', async () => {
    const { learner, dispose } = toyProblem();
    const shifted = new Map<string, tf.Tensor>();
    const view: Callback = {
      name: 'view',
      beforeFit({ views, parameters }) {
        for (const [name, { shape }] of parameters) shifted.set(name, tf.fill(shape, 7));
        views.provide('sevens', () => shifted);
        views.validateOn('sevens', 'view');
      },
    };
    await learner.fit(1, [view, checkpoint({ dir })]);
    const bias = async (view?: string) => {
      await learner.load(dir, view === undefined ? {} : { view });
      return [...(learner.model.variables.get('bias')?.dataSync() ?? [])];
    };
    expect(await bias()).toEqual([7, 7, 7, 7, 7]);
    expect(await bias('fast')).not.toContain(7);
    await expect(bias('slow')).rejects.toThrow('has no weights "slow", only "fast" and "sevens"');
    tf.dispose([...shifted.values()]);
    dispose();
  });

  test('refuses weights of another model, and changes nothing', async () => {
    const [one, other] = [create('e'), create('f', 3)];
    const path = join(dir, 'model');
    await other.learner.save(path);
    const before = one.weights();
    await expect(one.learner.load(path)).rejects.toThrow(
      /^Learner.load: these weights are of another model, .*\n {2}"e\/kernel" is \[2, 1\], there: \[2, 3\]/,
    );
    expect(one.weights()).toEqual(before);
    await expect(one.learner.load(join(dir, 'nothing'))).rejects.toThrow(
      'Learner.load: there is neither a checkpoint nor a saved model in',
    );
    const { learner, dispose } = toyProblem();
    await expect(learner.save(path)).rejects.toThrow(
      'Learner.save: only a tf.LayersModel can be saved',
    );
    dispose();
  });
});

test('dropout with a seed draws a new mask in every batch, the same ones in every run', async () => {
  const masks = async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.dropout({ rate: 0.5, seed: 1, inputShape: [16], name: 'drop' }),
        tf.layers.dense({ units: 1, name: 'd', trainable: true }),
      ],
    });
    const train = Array.from({ length: 3 }, () => ({ x: tf.ones([1, 16]), y: tf.ones([1, 1]) }));
    const seen: number[][] = [];
    const optimizer = testOptimizer({ lr: 0, momentum: 0 });
    const watch: Callback = {
      name: 'watch',
      // The gradient of the kernel is the input times a number: zero where the mask is.
      afterBackward: ({ grads }) =>
        void seen.push([...grads.get('d/kernel')!.dataSync()].map((g) => Number(g === 0))),
    };
    await new Learner({ model, data: { train }, loss: meanSquaredError(), optimizer }).fit(1, [
      watch,
    ]);
    return seen;
  };
  const [first, second, third] = await masks();
  expect(first).not.toEqual(second);
  expect(second).not.toEqual(third);
  expect(await masks()).toEqual([first, second, third]);
});
