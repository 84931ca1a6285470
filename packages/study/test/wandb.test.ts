import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Callback } from '@tfloop/core';
import { readResults, runStudy, type Results } from '@tfloop/study';
import { wandbLogger, type WandbLoggerOptions } from '@tfloop/wandb';
import * as tf from '@tensorflow/tfjs';
import { wandbRuns, type WandbRuns } from '../src/wandb-runs.ts';
import { studyProgram } from './study-program.ts';
import { tinyData } from './tiny-data.ts';
import { trackedRuns, type TrackedRun } from './tracked-runs.ts';

let folder = '';
let studyProcess: Awaited<ReturnType<typeof studyProgram>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'study-'));
  studyProcess = await studyProgram(folder);
});
afterAll(() => rm(folder, { recursive: true }));

const tiny =
  '--examples 120 --batch-size 40 --epochs 3 --seeds 1 --model mlp --backend wasm --progress lines --optimizers sgd,lookahead-adamw --mixup 0.4 --wandb --out'.split(
    ' ',
  );

/** The runs, each with its result: as many folders as results, and every row of the history once and in order. */
async function expectComplete(out: string): Promise<[TrackedRun, Results['runs'][number]][]> {
  const { runs } = await readResults(out);
  const tracked = trackedRuns(out);
  expect(tracked).toHaveLength(runs.length);
  return runs.map((result) => {
    const run = tracked.find(({ config }) => config['arm'] === result.optimizer)!;
    const { rows, records, summary } = run;
    expect(rows.map((row) => row['_step'])).toEqual(rows.map((_, i) => i));
    const batches = rows.filter((row) => 'batch/step' in row);
    expect(batches.map((row) => row['batch/step'])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(batches[0]?.['batch/loss']).toBe(result.firstLoss);
    const epochs = rows.filter((row) => 'epoch/epoch' in row);
    expect(epochs).toEqual(
      result.history.map(({ epoch, trainLoss, smoothLoss, validLoss, metrics, ...row }) =>
        expect.objectContaining({
          'epoch/epoch': epoch + 1,
          'epoch/trainLoss': trainLoss,
          'epoch/smoothLoss': smoothLoss,
          'epoch/validLoss': validLoss,
          'epoch/accuracy': metrics['accuracy'],
          'epoch/lr': row.hyperparameters['lr'],
          'epoch/seconds': row.seconds,
        }),
      ),
    );
    const last = result.history.at(-1);
    expect(summary).toMatchObject({
      status: 'complete',
      steps: 9,
      trainLoss: last?.trainLoss,
      validLoss: last?.validLoss,
      accuracy: last?.metrics['accuracy'],
    });
    expect(records.filter((record) => 'run' in record)).toHaveLength(1);
    expect(records.filter((record) => 'exit' in record)).toHaveLength(1);
    expect(records.at(-1)).toMatchObject({ exit: { exitCode: 0 } });
    return [run, result];
  });
}

test('every run of the grid is a complete offline run of one group', async () => {
  const out = join(folder, 'whole');
  const { code, out: text, err } = await studyProcess([...tiny, out]);
  expect(code).toBe(0);
  expect(err).not.toContain('wandb');

  const { startedAt, settings } = await readResults(out);
  const group = `study-${startedAt.slice(0, 19)}Z`;
  const suffix = Date.parse(startedAt).toString(36);
  expect(text).toContain(
    `\nwandb: 2 runs in ${join(out, 'wandb')}, group ${group}\n` +
      `upload: wandb sync ${join(out, 'wandb')}/offline-run-*-${suffix}\n`,
  );

  for (const [{ records, config, rows }, { optimizer }] of await expectComplete(out)) {
    expect(records.find((record) => 'run' in record)).toEqual({
      run: expect.objectContaining({
        runId: `${optimizer}-seed-1-${suffix}`,
        project: 'tfloop-study',
        group,
        jobType: optimizer,
        displayName: optimizer === 'sgd' ? 'SGD, seed 1' : 'Lookahead/AdamW, seed 1',
        tags: ['digits', 'mlp', 'one-cycle', 'mixup'],
      }),
    });
    expect(config).toMatchObject({
      arm: optimizer,
      reset: 'none',
      seed: 1,
      'dataset.name': 'digits',
      'dataset.trainExamples': 120,
      'dataset.heldOutExamples': 2000,
      'dataset.classes': 10,
      'study.epochs': settings.epochs,
      'study.mixup': 0.4,
      'study.schedule': 'one-cycle',
      'study.optimizers': ['sgd', 'lookahead-adamw'],
      'model.parameters': 101770,
    });
    expect(rows.some((row) => 'events/lookaheadSyncs' in row)).toBe(optimizer !== 'sgd');
  }
});

test('a study that is killed and gone on with has one run for each of its own, without gap or duplicate', async () => {
  const out = join(folder, 'broken');
  // Before there is a checkpoint: the run begins anew.
  const first = await studyProcess([...tiny, out], {
    when: 'run 1/2  SGD  seed 1  epoch 1/3',
    signal: 'SIGKILL',
  });
  expect(first).toMatchObject({ signal: 'SIGKILL' });
  const [left] = trackedRuns(out);
  expect(left?.rows.length).toBeGreaterThanOrEqual(3);

  // Some rows after the checkpoint of the first epoch, which are dropped. Tracked without the option as well.
  const second = await studyProcess(['--resume', out], {
    when: 'run 1/2  SGD  seed 1  epoch 2/3',
    signal: 'SIGKILL',
  });
  expect(second).toMatchObject({ signal: 'SIGKILL' });
  expect(second.err).toContain('the runs are tracked with Weights & Biases, as they were before\n');
  expect(second.err).not.toContain('resumed at');
  expect(trackedRuns(out)).toHaveLength(1);
  expect(trackedRuns(out)[0]?.rows.length).toBeGreaterThanOrEqual(6);

  const third = await studyProcess(['--resume', out, '--wandb'], {
    when: 'run 2/2  Lookahead/AdamW  seed 1  epoch 1/3',
    signal: 'SIGINT',
  });
  expect(third).toMatchObject({ code: 130 });
  expect(third.err).toContain('\nrun 1/2  SGD  seed 1  resumed at epoch 2/3, from step-00000003');
  expect(third.out).toContain('\nwandb: 2 runs in ');
  expect(trackedRuns(out).map(({ summary }) => summary['status'])).toEqual(['complete', 'stopped']);
  const folders = await readdir(join(out, 'wandb'));

  const fourth = await studyProcess(['--resume', out, '--wandb', 'offline']);
  expect(fourth).toMatchObject({ code: 0 });
  await expectComplete(out);
  expect(await readdir(join(out, 'wandb'))).toEqual(folders);
  expect(await readFile(join(out, 'results.json'), 'utf8')).not.toContain('wandb');
}, 240_000);

test('a run that failed after its last checkpoint has a good end once the study is gone on with', async () => {
  await tf.setBackend('cpu');
  const out = join(folder, 'end');
  const settings = { examples: 40, batchSize: 8, epochs: 2, seeds: [1], model: 'mlp' } as const;
  let tracked: WandbRuns | undefined;
  const study = (callback: Callback) =>
    runStudy(
      { ...settings, optimizers: ['sgd'] },
      {
        data: tinyData(),
        checkpoints: join(out, 'checkpoints'),
        onStart(results) {
          const startedAt = '2026-01-02T03:04:05.678Z';
          tracked = wandbRuns(wandbLogger, out, 'offline', { ...results, startedAt });
        },
        callbacks: (run) => [...(tracked ? [tracked.callback(run)] : []), callback],
      },
    );
  const afterFit = () => {
    throw new Error('no room');
  };
  await expect(study({ name: 'failing', passive: true, afterFit })).rejects.toThrow('no room');
  const [failed] = trackedRuns(out);
  expect(failed?.records.at(-1)).toMatchObject({ exit: { exitCode: 1 } });
  expect(failed?.summary).not.toHaveProperty('status');

  await study({ name: 'nothing', passive: true });
  const [run, ...others] = trackedRuns(out);
  expect(others).toEqual([]);
  expect(run?.rows.map((row) => row['_step'])).toEqual(failed?.rows.map((row) => row['_step']));
  expect(run?.records.filter((record) => 'exit' in record)).toEqual([
    { exit: expect.objectContaining({ exitCode: 0 }) },
  ]);
  expect(run?.summary).toMatchObject({ status: 'complete', steps: 10 });
  expect(await tracked?.conclusion()).toEqual([
    `wandb: 1 run in ${join(out, 'wandb')}, group study-2026-01-02T03:04:05Z`,
    expect.stringMatching(/^upload: wandb sync .*-mjwaidke$/),
  ]);
});

test('files that are not uploaded are to be uploaded as rows are', async () => {
  const out = join(folder, 'files');
  const settings = { examples: 40, batchSize: 8, epochs: 1, seeds: [1], model: 'mlp' } as const;
  const report = {
    rows: 6,
    uploadedRows: 6,
    pendingRows: 0,
    lostRows: 0,
    tooLongRows: 0,
    pendingFiles: 1,
    syncCommand: undefined,
  };
  /** A service that has the rows and refuses a file. */
  const refusing = (options?: WandbLoggerOptions) => {
    const logs = wandbLogger({ ...options, mode: 'offline', silent: true });
    return {
      ...logs,
      get run() {
        const { run } = logs;
        return run && { ...run, mode: 'online' as const, finish: () => Promise.resolve(report) };
      },
    };
  };
  let tracked: WandbRuns | undefined;
  let study: Results | undefined;
  await runStudy(
    { ...settings, optimizers: ['sgd'] },
    {
      data: tinyData(),
      onStart(results) {
        study = results;
        tracked = wandbRuns(refusing, out, 'online', results);
      },
      callbacks: (run) => (tracked ? [tracked.callback(run)] : []),
    },
  );
  expect(await tracked?.conclusion()).toEqual([
    expect.stringContaining('wandb: 1 run in '),
    // The official client would put all rows behind those that the service has.
    expect.stringMatching(
      /^upload: node --input-type=module -e ".*syncRun.*" \S+\/offline-run-\*-\w+$/,
    ),
  ]);
  // A later process that is offline knows it by the folder.
  const later = wandbRuns(wandbLogger, out, 'offline', study!);
  expect((await later.conclusion())[1]).toContain('upload: wandb sync ');
  const [run] = trackedRuns(out);
  await writeFile(join(run?.folder ?? '', 'run-x.uploaded.json'), '{}');
  const [, upload = ''] = await later.conclusion();
  expect(upload).toContain('syncRun');

  // The shell gives the folders to a program that Node takes: without a key each of them is refused by its name.
  const loader = join(import.meta.dirname, '..', '..', '..', 'tools', 'typescript.js');
  const command = upload.replace('upload: node', `node -C @tfloop/source --import ${loader}`);
  const env = { PATH: process.env['PATH'], HOME: out };
  const { stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8', env });
  expect(stderr).toContain('syncRun: there is no API key');
});
