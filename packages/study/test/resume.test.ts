import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  readResults,
  resultsCsv,
  resultsJson,
  runStudy,
  writeResults,
  type Results,
  type StudyOptions,
  type StudySettings,
} from '@tfloop/study';
import * as tf from '@tensorflow/tfjs';
import { figures } from './figures.ts';
import { sampleResults, sampleRun } from './sample-results.ts';
import { tinyData } from './tiny-data.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'study-'));
  await tf.setBackend('cpu');
});
afterAll(() => rm(folder, { recursive: true }));

const tiny: Partial<StudySettings> = {
  examples: 40,
  batchSize: 8,
  epochs: 2,
  seeds: [1, 2],
  optimizers: ['sgd', 'lookahead-adamw'],
  resets: ['none', 'lookahead-sync'],
  mixup: 0.4,
  model: 'mlp',
};

/** A study of tiny data, aborted in a run after a step. */
function study(options: StudyOptions & { stop?: { run: number; step: number } } = {}) {
  const { stop, ...rest } = options;
  const controller = new AbortController();
  return runStudy(tiny, {
    data: tinyData(),
    signal: controller.signal,
    callbacks: (_run, { number }) => [
      {
        name: 'stopper',
        passive: true,
        afterStep({ step }) {
          if (number === stop?.run && step === stop.step) controller.abort();
        },
      },
    ],
    ...rest,
  });
}

const figuresOf = (results: Results) => figures(resultsJson(results));

test('goes on exactly where it was stopped, in the middle of an epoch', async () => {
  const checkpoints = join(folder, 'middle');
  const before = tf.memory().numTensors;
  const unbroken = await study();
  // Seed 1 has three arms: run 5 is Lookahead/AdamW of seed 2, which resets its state at syncs every five steps.
  let results = await study({ checkpoints, stop: { run: 2, step: 3 } });
  expect(results.runs.map(({ status, steps }) => [status, steps])).toEqual([
    ['complete', 10],
    ['stopped', 3],
  ]);
  expect(await readdir(checkpoints)).toEqual(['lookahead-adamw-seed-1']);

  const resumed: string[] = [];
  const trained: string[] = [];
  const again: StudyOptions = {
    checkpoints,
    onRunStart: ({ optimizer, reset, seed }) => trained.push(`${optimizer} ${reset} ${seed}`),
    onRunResume: ({ optimizer, reset, seed }, step) =>
      resumed.push(`${optimizer} ${reset} ${seed} ${step}`),
  };
  results = await study({ ...again, resume: results, stop: { run: 6, step: 7 } });
  expect(await readdir(checkpoints)).toEqual(['lookahead-adamw-reset-lookahead-sync-seed-2']);
  results = await study({ ...again, resume: results });
  expect(resumed).toEqual(['lookahead-adamw none 1 3', 'lookahead-adamw lookahead-sync 2 7']);
  expect(trained).toEqual([
    'lookahead-adamw none 1',
    'lookahead-adamw lookahead-sync 1',
    'sgd none 2',
    'lookahead-adamw none 2',
    'lookahead-adamw lookahead-sync 2',
    'lookahead-adamw lookahead-sync 2',
  ]);
  expect(figuresOf(results)).toEqual(figuresOf(unbroken));
  for (const run of results.runs) {
    expect(run).toMatchObject({ status: 'complete', steps: 10 });
    expect(run.history).toHaveLength(2);
    // A checkpoint keeps the time that was spent before.
    expect(run.seconds).toBeGreaterThan(0);
  }
  await expect(readdir(checkpoints)).rejects.toThrow('ENOENT');
  expect(tf.memory().numTensors).toBe(before);
});

test('results that were lost after the last step are those of the checkpoint', async () => {
  const checkpoints = join(folder, 'lost');
  const unbroken = await study();
  const killed = study({
    checkpoints,
    onRunEnd: () => {
      throw new Error('killed');
    },
  });
  await expect(killed).rejects.toThrow('killed');
  const resumed: number[] = [];
  const results = await study({ checkpoints, onRunResume: (_run, step) => resumed.push(step) });
  expect(resumed).toEqual([10]);
  expect(figuresOf(results)).toEqual(figuresOf(unbroken));
});

test('checkpoints that a complete run has left are removed, and nothing else', async () => {
  const checkpoints = join(folder, 'left');
  const results = await study();
  await mkdir(join(checkpoints, 'sgd-seed-1', 'step-00000010-epoch'), { recursive: true });
  await writeFile(join(checkpoints, 'notes'), '');
  const again = await study({ checkpoints, resume: results });
  expect(again).toEqual(results);
  expect(await readdir(checkpoints)).toEqual(['notes']);
});

test('refuses the results of another study, and says what differs', async () => {
  const results = await study({ signal: AbortSignal.abort() });
  const other: Results = {
    ...results,
    settings: { ...results.settings, epochs: 3, seeds: [1] },
    data: { ...results.data, trainExamples: 41 },
    environment: { ...results.environment, backend: 'wasm (@tensorflow/tfjs-backend-wasm 4.22.0)' },
  };
  await expect(study({ resume: other })).rejects.toThrow(
    new Error(`study: resume holds the results of another study:
  seeds: 1 there, 1,2 here
  epochs: 3 there, 2 here
  data.trainExamples: 41 there, 40 here
  back end: wasm there, cpu here`),
  );
});

test('a diverged run is read back as it was written', async () => {
  const run = sampleRun('sgd', 1, { validLoss: Infinity, accuracy: NaN });
  const results = sampleResults([{ ...run, firstLoss: NaN }]);
  await writeResults(folder, results);
  const read = await readResults(folder);
  expect(read.runs[0]?.firstLoss).toBeNaN();
  expect(read).not.toHaveProperty('summary');
  expect(resultsJson(read)).toBe(resultsJson(results));
  expect(resultsCsv(read)).toBe(resultsCsv(results));
});
