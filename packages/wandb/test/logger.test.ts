import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { platform } from '#platform';
import {
  batches,
  checkpoint,
  crossEntropy,
  Learner,
  meanSquaredError,
  type Callback,
} from '@tfloop/core';
import { toyProblem } from '@tfloop/core/testing';
import { lookahead } from '@tfloop/lookahead';
import { oneCycle } from '@tfloop/one-cycle';
import { adam, sgd } from '@tfloop/optimizers';
import { stateReset } from '@tfloop/state-reset';
import type { OpenRunParts } from '../src/run.ts';
import { openRun } from '../src/run.ts';
import { wandbLogger, type WandbLogger } from '../src/wandb-logger.ts';
import type { WandbLoggerOptions } from '../src/wandb-logger-options.ts';
import { recordsOf, rowsOf, totalOf } from './read-run.ts';
import { historyOf } from './server-run.ts';
import { wandbServer } from './server.ts';

const KEY = '0123456789abcdef0123456789abcdef01234567';
let dir: string;
let said: string[];
let parts: OpenRunParts;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tfloop-logger-'));
  said = [];
  const host = {
    ...platform.host,
    env: () => undefined,
    netrc: () => undefined,
    say: (line: string) => void said.push(line),
  };
  parts = { platform: { ...platform, host } };
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const logger = (options: WandbLoggerOptions = {}): WandbLogger =>
  wandbLogger(
    { dir, mode: 'offline', console: false, stats: false, strict: true, ...options },
    parts,
  );

/** The folder of the only run. */
function folder(): string {
  const [name, ...more] = readdirSync(join(dir, 'wandb'));
  expect(more).toEqual([]);
  return join(dir, 'wandb', name ?? '');
}

const batchRows = () => rowsOf(folder()).filter((row) => 'batch/loss' in row);
const epochRows = () => rowsOf(folder()).filter((row) => 'epoch/epoch' in row);

test('a row for every batch, over the optimizer’s steps, and one for every epoch', async () => {
  const { learner } = toyProblem({ optimizer: adam({ lr: 0.01 }) });
  const losses: number[] = [];
  const seen: Callback = {
    name: 'seen',
    afterBatch({ loss, phase }) {
      if (phase === 'train') losses.push(loss?.dataSync()[0] ?? NaN);
    },
  };
  const { rows } = await learner.fit(2, [logger({ best: { trainLoss: 'max' } }), seen]);
  expect(
    batchRows().map((row) => [row['batch/step'], row['batch/loss'], row['batch/epoch']]),
  ).toEqual(losses.map((loss, i) => [i + 1, loss, Math.floor(i / 3) + ((i % 3) + 1) / 3]));
  expect(epochRows()).toMatchObject(
    rows.map((row) => ({
      'epoch/epoch': row.epoch + 1,
      'epoch/trainLoss': row.trainLoss,
      'epoch/validLoss': row.validLoss,
      'epoch/accuracy': row.metrics['accuracy'],
      'epoch/train/accuracy': row.trainMetrics['accuracy'],
      'epoch/lr': 0.01,
    })),
  );
  expect(rowsOf(folder()).map(({ _step }) => _step)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  const metrics = recordsOf(folder()).flatMap((record) =>
    'metric' in record ? [record.metric] : [],
  );
  expect(metrics).toContainEqual({ name: 'batch/loss', stepMetric: 'batch/step', stepSync: true });
  expect(metrics).toContainEqual({
    name: 'epoch/accuracy',
    stepMetric: 'epoch/epoch',
    stepSync: true,
    summary: ['max', 'last'],
    goal: 'maximize',
  });
  expect(totalOf(folder(), 'summary')).toMatchObject({
    'epoch/validLoss': {
      min: Math.min(...rows.map(({ validLoss }) => validLoss ?? NaN)),
      last: rows[1]?.validLoss,
    },
    'epoch/trainLoss': { max: Math.max(...rows.map(({ trainLoss }) => trainLoss)) },
  });
  expect(recordsOf(folder()).at(-1)).toMatchObject({ exit: { exitCode: 0 } });
});

test('the configuration tells what the fit is made of', async () => {
  const { learner } = toyProblem({ optimizer: adam({ lr: 0.01 }), seed: 5 });
  const where = (name: string) => name !== 'x';
  await learner.fit(1, [
    logger({ config: { dataset: 'toy', apiToken: 'hidden' } }),
    lookahead({ k: 3 }),
    stateReset({ when: 'epoch', where }),
  ]);
  expect(totalOf(folder(), 'config')).toMatchObject({
    epochs: 1,
    seed: 5,
    dataset: 'toy',
    apiToken: '[redacted]',
    metrics: ['accuracy'],
    model: {
      parameters: 101,
      trainableParameters: 100,
      summary: expect.stringContaining('hidden [16, 5] float32'),
    },
    optimizer: { name: 'adam', lr: 0.01 },
    callbacks: { lookahead: { k: 3, alpha: 0.5 }, stateReset: { when: 'epoch' } },
    data: { train: { examples: 22, batches: 3 }, valid: { examples: 9, batches: 2 } },
    backend: tf.getBackend(),
    versions: { tfjs: tf.version['tfjs'], runtime: expect.stringContaining('node') },
  });
});

test('of hyper-parameters by batch those that a schedule moves', async () => {
  const { learner } = toyProblem({ optimizer: sgd({ lr: 0.1, momentum: 0.9 }) });
  await learner.fit(2, [logger(), oneCycle({ maxLr: 0.2, momentums: false })]);
  const [first, ...later] = batchRows();
  expect(first).toMatchObject({ 'batch/momentum': 0.9, 'batch/lr': expect.any(Number) });
  expect(later.every((row) => 'batch/lr' in row && !('batch/momentum' in row))).toBe(true);
  expect(new Set(later.map((row) => row['batch/lr'])).size).toBe(5);
});

test('Lookahead’s syncs and resets of the optimizer are events', async () => {
  const { learner } = toyProblem({ optimizer: adam({ lr: 0.01 }) });
  await learner.fit(2, [logger(), lookahead({ k: 2 }), stateReset({ when: 'lookahead-sync' })]);
  expect(
    rowsOf(folder()).map((row) => [row['events/lookaheadSyncs'], row['events/stateResets']]),
  ).toEqual([
    [undefined, undefined],
    [1, 1],
    [undefined, undefined],
    [undefined, undefined],
    [2, 2],
    [undefined, undefined],
    [3, 3],
    [undefined, undefined],
  ]);
});

test('norms and histograms of gradients and weights every so many steps', async () => {
  const { learner } = toyProblem();
  const norms: number[] = [];
  const seen: Callback = {
    name: 'seen',
    afterBackward: ({ grads }) =>
      void norms.push(
        Math.hypot(...[...grads.values()].flatMap((gradient) => [...gradient.dataSync()])),
      ),
  };
  await learner.fit(1, [logger({ norms: 2, histograms: 3, batches: 1 }), seen]);
  const rows = batchRows();
  expect(rows).toHaveLength(3);
  expect(rows.map((row) => row['gradients/norm'])).toEqual([
    undefined,
    expect.closeTo(norms[1] ?? NaN, 5),
    undefined,
  ]);
  expect(rows[1]).toMatchObject({
    'weights/norm': expect.any(Number),
    'gradients/hidden/norm': expect.any(Number),
  });
  expect(rows.map((row) => row['gradients/hidden'])).toEqual([
    undefined,
    undefined,
    expect.objectContaining({ _type: 'histogram' }),
  ]);
  expect(rows[2]).toMatchObject({ 'weights/output': { _type: 'histogram' }, 'batch/step': 3 });
});

test('fewer rows by batch, or none', async () => {
  await toyProblem().learner.fit(2, [logger({ batches: 2 })]);
  expect(batchRows().map((row) => row['batch/step'])).toEqual([2, 4, 6]);
  rmSync(join(dir, 'wandb'), { recursive: true });
  await toyProblem().learner.fit(2, [logger({ batches: false })]);
  expect([batchRows().length, epochRows().length]).toEqual([0, 2]);
});

test('predictions of samples as pictures and table, and charts of the validation', async () => {
  const { learner } = toyProblem();
  const x = tf.tidy(() => tf.linspace(0, 1, 48).reshape([3, 4, 4, 1]));
  const classes = ['a', 'b', 'c'];
  await learner.fit(2, [logger({ classes, samples: { x, y: [0, 1, 2], every: 2 } })]);
  x.dispose();
  const [first, second] = epochRows();
  expect(first).toMatchObject({ 'valid/confusionMatrix_table': { _type: 'table-file', nrows: 9 } });
  expect(Object.keys(first ?? {}).filter((key) => key.startsWith('samples'))).toEqual([]);
  expect(second).toMatchObject({
    'valid/roc_table': { _type: 'table-file' },
    'valid/precisionRecall_table': { _type: 'table-file' },
    'samples/predictions': { _type: 'table-file', nrows: 3, ncols: 4 },
    'samples/images': {
      _type: 'images/separated',
      count: 3,
      captions: [
        expect.stringMatching(/^[abc] \(is a\)$/),
        expect.stringMatching(/is b/),
        expect.stringMatching(/is c/),
      ],
    },
  });
  const files = recordsOf(folder()).flatMap((record) => ('files' in record ? record.files : []));
  for (const { path } of files) expect(existsSync(join(folder(), 'files', path))).toBe(true);
});

test('checkpoints as artifacts', async () => {
  const { learner } = toyProblem();
  await learner.fit(2, [
    logger({ checkpoints: true, id: 'x' }),
    checkpoint({ dir: join(dir, 'checkpoints') }),
  ]);
  const artifacts = recordsOf(folder()).flatMap((record) =>
    'artifact' in record ? [record.artifact] : [],
  );
  expect(artifacts).toMatchObject([
    { name: 'run_x_model', type: 'model', aliases: ['latest', 'epoch_1'] },
    { name: 'run_x_model', type: 'model', aliases: ['latest', 'epoch_2'] },
  ]);
  for (const { entries } of artifacts)
    expect(entries.map(({ path, localPath }) => [path, existsSync(localPath)])).toEqual([
      ['weights.safetensors', true],
      ['optimizer.safetensors', true],
      ['state.json', true],
    ]);
});

test('an alert where the loss is not finite', async () => {
  const warn = jest.spyOn(console, 'warn').mockReturnValue(undefined);
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
  const data = {
    train: batches({ x: Float32Array.of(1, NaN), y: Float32Array.of(1, 1) }, { batchSize: 1 }),
  };
  const source = {
    ...data.train,
    *epoch(context: Parameters<typeof data.train.epoch>[0]) {
      for (const batch of data.train.epoch(context) as Iterable<{ x: tf.Tensor; y: tf.Tensor }>)
        yield { x: tf.reshape(batch.x, [1, 1]), y: tf.reshape(batch.y, [1, 1]) };
    },
  };
  const learner = new Learner({
    model,
    data: { train: source },
    loss: meanSquaredError(),
    optimizer: sgd({ lr: 0.1 }),
  });
  await learner.fit(1, [logger()]);
  const alerts = recordsOf(folder()).flatMap((record) => ('alert' in record ? [record.alert] : []));
  expect(alerts).toEqual([
    expect.objectContaining({
      title: 'The loss is not finite',
      level: 'ERROR',
      text: 'It was NaN after 2 steps.',
    }),
  ]);
  warn.mockRestore();
});

test.each(['lrFinder', 'learningRateFinder'])(
  'nothing is logged in a fit with %s',
  async (name) => {
    await toyProblem().learner.fit(1, [logger(), { name }]);
    expect(existsSync(join(dir, 'wandb'))).toBe(false);
  },
);

test('every fit is a run, or several log to one', async () => {
  const { learner } = toyProblem();
  const each = logger();
  await learner.fit(1, [each]);
  await learner.fit(1, [each]);
  expect(readdirSync(join(dir, 'wandb'))).toHaveLength(2);
  rmSync(join(dir, 'wandb'), { recursive: true });

  const run = await openRun({ dir, mode: 'offline', console: false, stats: false }, parts);
  const one = wandbLogger({ run, finish: false }, parts);
  await learner.fit(1, [one]);
  await learner.fit(1, [one]);
  await run.finish();
  expect(epochRows()).toHaveLength(2);
  expect(recordsOf(folder()).filter((record) => 'exit' in record)).toHaveLength(1);
});

test('a run whose process died before it was closed is closed when the fit has nothing left to train', async () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  const kept = join(dir, 'kept');
  const killed: Callback = {
    name: 'killed',
    passive: true,
    order: 3e6,
    afterFit: () => cpSync(folder(), kept, { recursive: true }),
  };
  const early: Callback = { name: 'early', afterEpoch: (loop) => loop.finish('no better') };
  const fit = (options: WandbLoggerOptions, ...more: Callback[]) =>
    toyProblem().learner.fit(
      3,
      [
        logger({ checkpoints: true, ...options }),
        checkpoint({ dir: join(dir, 'c') }),
        early,
        ...more,
      ],
      { resume: 'auto' },
    );
  const names = () => readdirSync(folder()).filter((name) => name.startsWith('run-'));
  const kinds = () => recordsOf(folder()).flatMap((record) => Object.keys(record));
  await fit({}, killed);
  const [logName = '', lock = ''] = readdirSync(kept)
    .filter((name) => name.startsWith('run-'))
    .sort();
  const ofDead = JSON.stringify({
    ...(JSON.parse(readFileSync(join(kept, lock), 'utf8')) as object),
    pid,
  });
  const whole = kinds();
  const from = folder();

  // Killed before the exit record.
  cpSync(kept, from, { recursive: true });
  writeFileSync(join(from, lock), ofDead);
  expect(kinds()).not.toContain('exit');
  expect((await fit({})).rows).toHaveLength(1);
  expect(names()).toEqual([logName]);
  expect(recordsOf(folder()).at(-1)).toMatchObject({ exit: { exitCode: 0 } });
  expect(kinds().filter((kind) => kind === 'artifact')).toEqual(
    whole.filter((kind) => kind === 'artifact'),
  );
  expect(kinds().filter((kind) => kind === 'exit')).toHaveLength(1);

  // One that is closed stays as it is.
  const bytes = readFileSync(join(from, logName));
  await fit({});
  expect(readFileSync(join(from, logName)).equals(bytes)).toBe(true);

  // Killed while it was uploaded.
  writeFileSync(join(from, lock), ofDead);
  const server = await wandbServer();
  try {
    await fit({ mode: 'online', apiKey: KEY, baseUrl: server.baseUrl });
    const [[, run] = []] = [...server.runs];
    expect(run).toMatchObject({ complete: true, exitCode: 0, faults: [] });
    expect(historyOf(run)).toHaveLength(rowsOf(folder()).length);
    expect(names()).not.toContain(lock);
  } finally {
    await server.close();
  }
});

test('a run that was in memory, or is given, is ended by a fit with nothing left to train as well', async () => {
  const server = await wandbServer();
  const { host, fetch } = parts.platform ?? platform;
  // As in a page without a file system.
  const page = { platform: { host, ...(fetch && { fetch }) } };
  const options = {
    mode: 'online',
    apiKey: KEY,
    baseUrl: server.baseUrl,
    strict: true,
    console: false,
    stats: false,
  } as const;
  const fit = (each: WandbLogger) =>
    toyProblem().learner.fit(1, [each, checkpoint({ dir: join(dir, 'c') })], { resume: 'auto' });
  try {
    await fit(wandbLogger({ ...options, id: 'memory' }, page));
    const rows = historyOf(server.run('memory'));
    expect(rows.length).toBeGreaterThan(1);
    const run = server.run('memory');
    // As if the process had died before.
    if (run) Object.assign(run, { complete: false, exitCode: undefined });
    await fit(wandbLogger({ ...options, id: 'memory' }, page));
    expect(server.run('memory')).toMatchObject({ complete: true, exitCode: 0, faults: [] });
    expect(historyOf(server.run('memory'))).toEqual(rows);

    const given = await openRun({ ...options, id: 'given' }, page);
    await fit(wandbLogger({ run: given, strict: true }, page));
    expect(server.run('given')).toMatchObject({ complete: true, exitCode: 0 });
  } finally {
    await server.close();
  }
});

test('a fit that goes on after the last batch of its last epoch logs the epoch', async () => {
  const x = tf.ones([2, 1]);
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
  const fit = (...more: Callback[]) =>
    new Learner({
      model,
      data: { train: batches({ x, y: x }, { batchSize: 1 }) },
      loss: meanSquaredError(),
      optimizer: sgd({ lr: 0.1 }),
    }).fit(1, [logger(), checkpoint({ dir: join(dir, 'c'), every: { steps: 2 } }), ...more], {
      resume: 'auto',
    });
  const failing: Callback = {
    name: 'failing',
    passive: true,
    afterTrain: () => {
      throw new Error('broken');
    },
  };
  await expect(fit(failing)).rejects.toThrow('broken');
  await fit();
  expect(batchRows()).toHaveLength(2);
  expect(epochRows()).toHaveLength(1);
  expect(recordsOf(folder()).at(-1)).toMatchObject({ exit: { exitCode: 0 } });
});

test('a fit that fails has the exit code 1', async () => {
  const failing: Callback = {
    name: 'failing',
    afterEpoch: () => {
      throw new Error('broken');
    },
  };
  await expect(toyProblem().learner.fit(1, [logger(), failing])).rejects.toThrow('broken');
  expect(recordsOf(folder()).at(-1)).toMatchObject({ exit: { exitCode: 1 } });
});

test.each([
  [[2, 7], '[2, 4] float32, got [2, 7] float32'],
  [[3, 4, 1], '[3, 4] float32, got [3, 4, 1] float32'],
])('samples that the model can not take are refused before the fit: %j', async (shape, got) => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] })] });
  const x = tf.zeros([6, 4]);
  const data = { train: batches({ x, y: tf.zeros([6], 'int32') }, { batchSize: 3 }) };
  const learner = new Learner({ model, optimizer: sgd({ lr: 0.1 }), loss: crossEntropy(), data });
  const wrong = logger({ samples: { x: tf.zeros(shape) }, strict: false });
  let epochs = 0;
  const count: Callback = {
    name: 'count',
    beforeEpoch: () => {
      epochs++;
    },
  };
  await expect(learner.fit(1, [wrong, count])).rejects.toThrow(
    `wandbLogger: samples.x must fit the model's input "${model.inputs[0]?.name}", ${got}`,
  );
  expect([epochs, existsSync(join(dir, 'wandb'))]).toEqual([0, false]);
  await learner.fit(1, [logger({ samples: { x: tf.zeros([2, 4]) } })]);
  expect(epochRows()[0]).toMatchObject({ 'samples/predictions': { nrows: 2 } });
});

describe('what goes wrong in the logger', () => {
  const samples = { x: tf.zeros([1, 7]) };

  test('does not reach the fit, and is told of once', async () => {
    const { rows } = await toyProblem().learner.fit(3, [logger({ samples, strict: false })]);
    expect(rows).toHaveLength(3);
    expect(epochRows()).toHaveLength(3);
    expect(said.filter((line) => line.includes('not everything is logged'))).toEqual([
      expect.stringContaining('wandbLogger: samples: '),
    ]);
  });

  test('does with strict', async () => {
    await expect(toyProblem().learner.fit(3, [logger({ samples, strict: true })])).rejects.toThrow(
      'wandbLogger.afterEpoch',
    );
  });
});

describe('options of which nothing comes in a fit', () => {
  const options = { best: { accuracyy: 'min' }, checkpoints: true } as const;

  test('are told of once each', async () => {
    await toyProblem().learner.fit(2, [logger({ ...options, strict: false })]);
    expect(said.filter((line) => line.includes('not everything is logged'))).toEqual([
      expect.stringContaining('best.accuracyy is of no figure of this fit, which are trainLoss'),
      expect.stringContaining('checkpoints needs checkpoint({ dir }) among the callbacks'),
    ]);
  });

  test('are thrown with strict', async () => {
    await expect(toyProblem().learner.fit(2, [logger(options)])).rejects.toThrow('best.accuracyy');
  });
});

test('a run that resume refuses ends the fit before its first batch', async () => {
  const { learner, numbers } = toyProblem();
  const before = numbers();
  expect(() => logger({ resume: 'must' })).toThrow(/^wandbLogger: resume 'must' .* needs an id/);
  await expect(
    learner.fit(1, [logger({ id: 'x', resume: 'must', strict: false })]),
  ).rejects.toThrow("resume is 'must'");
  expect(numbers()).toEqual(before);
});

test('the key is in nothing that shows the logger', () => {
  const each = wandbLogger({ apiKey: KEY, dir });
  expect(inspect(each, { showHidden: true, depth: 9, getters: true })).not.toContain(KEY);
  expect(JSON.stringify(each)).not.toContain(KEY);
});

test('Stop, pressed on the page of the run, ends the fit', async () => {
  const server = await wandbServer();
  try {
    const each = wandbLogger(
      { dir, console: false, stats: false, apiKey: KEY, baseUrl: server.baseUrl, id: 'x' },
      { ...parts, timing: { interval: 5 } },
    );
    const pressed: Callback = {
      name: 'pressed',
      async afterBatch() {
        const run = server.run('x');
        if (run) run.stopped = true;
        await new Promise((resolve) => setTimeout(resolve, 1));
      },
    };
    const history = await toyProblem().learner.fit(1000, [each, pressed]);
    expect(history.ended).toBe('Stop was pressed on the page of the run');
    expect(server.run('x')).toMatchObject({ complete: true, exitCode: 0, faults: [] });
  } finally {
    await server.close();
  }
});

test('disabled, nothing is made', async () => {
  await toyProblem().learner.fit(1, [logger({ mode: 'disabled', norms: 1, histograms: 1 })]);
  expect([existsSync(join(dir, 'wandb')), said]).toEqual([false, []]);
});
