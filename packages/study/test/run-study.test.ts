import { beforeAll, expect, jest, test } from '@jest/globals';
import { ExamplesError, runStudy, type StudySettings } from '@tfloop/study';
import * as tf from '@tensorflow/tfjs';
import { tinyData } from './tiny-data.ts';

beforeAll(() => tf.setBackend('cpu'));

const tiny: Partial<StudySettings> = {
  examples: 40,
  batchSize: 8,
  epochs: 2,
  seeds: [1, 2],
  model: 'mlp',
};

test('trains every optimizer with every seed, and pairs them', async () => {
  const before = tf.memory().numTensors;
  const places: string[] = [];
  const sizes: number[] = [];
  const results = await runStudy(tiny, {
    data: tinyData(),
    onRunStart: ({ optimizer, seed }, { number, of }) =>
      places.push(`${number}/${of} ${optimizer} ${seed}`),
    onRunEnd: (_run, { runs }) => void sizes.push(runs.length),
  });

  expect(places).toHaveLength(10);
  expect(places.slice(4, 6)).toEqual(['5/10 lookahead-adamw 1', '6/10 sgd 2']);
  expect(sizes).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(results).toMatchObject({
    schema: 'tfloop-study/1',
    planned: 10,
    data: { name: 'tiny', trainExamples: 40, heldOutExamples: 20, classes: 2 },
  });
  for (const run of results.runs) {
    // 5 batches of 8, twice.
    expect(run).toMatchObject({ status: 'complete', steps: 10 });
    expect(run.history).toHaveLength(2);
    expect(run.history[1]?.validLoss).toBeGreaterThan(0);
  }

  // The same first weights on the same first batch give the same loss, whatever the optimizer.
  const firstLosses = (seed: number) => [
    ...new Set(results.runs.filter((run) => run.seed === seed).map(({ firstLoss }) => firstLoss)),
  ];
  expect(firstLosses(1)).toHaveLength(1);
  expect(firstLosses(2)).toHaveLength(1);
  expect(firstLosses(1)).not.toEqual(firstLosses(2));
  expect(tf.memory().numTensors).toBe(before);
});

test('the time of a run is that of its training, without what callbacks wait for at its end', async () => {
  const now = performance.now.bind(performance);
  let waited = 0;
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => now() + waited);
  const wait = (): void => void (waited += 1e9);
  try {
    const { runs } = await runStudy(
      { ...tiny, optimizers: ['sgd'], seeds: [1] },
      {
        data: tinyData(),
        callbacks: () => [{ name: 'waits', order: -1, afterFit: wait, cleanupFit: wait }],
      },
    );
    expect(waited).toBe(2e9);
    expect(runs[0]?.seconds).toBeLessThan(1e6);
  } finally {
    clock.mockRestore();
  }
});

test('gives the same figures again', async () => {
  const run = async () => {
    const { runs } = await runStudy(
      { ...tiny, optimizers: ['lookahead-adamw'], mixup: 0.4 },
      { data: tinyData() },
    );
    return runs.map(({ history }) => history.map((row) => ({ ...row, seconds: 0 })));
  };
  expect(await run()).toEqual(await run());
});

test.each<[string, Partial<StudySettings>]>([
  ['mixup', { mixup: 0.4 }],
  ['step decay', { schedule: 'step-decay' }],
  ['no schedule', { schedule: 'none' }],
  ['resets', { resets: ['none', 'lookahead-sync', 'epoch'], epochs: 2 }],
  ['the convolutional network', { model: 'conv-net' }],
])('works with %s, paired as well', async (_name, settings) => {
  const { runs, planned } = await runStudy(
    { ...tiny, seeds: [1], epochs: 1, ...settings },
    { data: tinyData() },
  );
  expect(runs).toHaveLength(planned);
  expect(new Set(runs.map(({ firstLoss }) => firstLoss)).size).toBe(1);
});

test('schedules the learning rate alike, each from its own', async () => {
  const { runs } = await runStudy(
    { ...tiny, seeds: [1], schedule: 'step-decay', optimizers: ['sgd', 'lookahead-sgd', 'adamw'] },
    { data: tinyData() },
  );
  // Ten steps, ÷ 5 at 0.3, 0.6 and 0.8 of them: the last has ÷ 125.
  const last = (i: number) => runs[i]?.history[1]?.hyperparameters['lr'];
  expect(last(0)).toBeCloseTo(0.05 / 125, 12);
  expect(last(1)).toBeCloseTo(0.05 / 125, 12);
  expect(last(2)).toBeCloseTo(0.01 / 125, 12);
});

test('resets do change a run, by nothing but themselves', async () => {
  const { runs } = await runStudy(
    { ...tiny, seeds: [1], optimizers: ['lookahead-sgd'], resets: ['none', 'lookahead-sync'] },
    { data: tinyData() },
  );
  expect(runs[0]?.firstLoss).toBe(runs[1]?.firstLoss);
  expect(runs[0]?.history[1]?.validLoss).not.toBe(runs[1]?.history[1]?.validLoss);
});

test('stops when told, keeps what there is, and starts no further run', async () => {
  const before = tf.memory().numTensors;
  const controller = new AbortController();
  const started: number[] = [];
  const { runs, planned } = await runStudy(tiny, {
    data: tinyData(),
    signal: controller.signal,
    onRunStart: (_run, { number }) => started.push(number),
    // In the second run, after its third step.
    callbacks: (_run, { number }) => [
      {
        name: 'stopper',
        afterStep: ({ step }) => {
          if (number === 2 && step === 3) controller.abort();
        },
      },
    ],
  });
  expect(planned).toBe(10);
  expect(started).toEqual([1, 2]);
  expect(runs.map(({ status, steps }) => [status, steps])).toEqual([
    ['complete', 10],
    ['stopped', 3],
  ]);
  // It still validated.
  expect(runs[1]?.history).toHaveLength(1);
  expect(runs[1]?.history[0]?.validLoss).toBeGreaterThan(0);
  expect(tf.memory().numTensors).toBe(before);
});

test('starts nothing when told before', async () => {
  const { runs } = await runStudy(tiny, { data: tinyData(), signal: AbortSignal.abort() });
  expect(runs).toEqual([]);
});

test('refuses more examples than there are, and less than ten of each class', async () => {
  await expect(runStudy({ ...tiny, examples: 41 }, { data: tinyData() })).rejects.toThrow(
    new ExamplesError('<= 40, which is all that tiny has to train on', 41),
  );
  await expect(runStudy({ ...tiny, examples: 19 }, { data: tinyData() })).rejects.toThrow(
    new ExamplesError('>= 20, 10 for each of the 2 classes of tiny', 19),
  );
});

test('a run that diverges is complete, and its figures say so', async () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  const data = tinyData();
  const { values, shape } = data.train.images;
  const broken = Float32Array.from(values, (value, i) => (i < 16 ? Infinity : value));
  const { runs } = await runStudy(
    { ...tiny, optimizers: ['sgd'], seeds: [1] },
    { data: { ...data, train: { ...data.train, images: { values: broken, shape } } } },
  );
  expect(runs).toHaveLength(1);
  expect(runs[0]).toMatchObject({ status: 'complete' });
  expect(runs[0]?.history.at(-1)?.trainLoss).toBeNaN();
  expect(warn.mock.calls.flat().join()).toContain('the loss was NaN');
  warn.mockRestore();
});
