import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { sdkRun, type SdkRun } from '../src/sdk-adapter.ts';
import { wandbHistogram } from '../src/media/histogram.ts';
import { wandbImage } from '../src/media/image.ts';
import { historyOf } from './server-run.ts';
import { wandbServer, type WandbServer } from './server.ts';
import { bundleTraining, train } from './train-process.ts';

describe('a fake of a run', () => {
  let rows: unknown[][];
  let said: string[];
  let fake: SdkRun;
  beforeEach(() => {
    [rows, said] = [[], []];
    fake = {
      id: 'x',
      log: (...row) => {
        // As the package does.
        Object.assign(row[0], { _step: rows.length });
        rows.push(row);
      },
      finish: () => Promise.resolve(),
    };
  });
  const adapted = (options = {}) => sdkRun(fake, (line) => void said.push(line), options);

  test('gets copies of plain values, and no step', () => {
    const circular: Record<string, unknown> = { a: 1 };
    circular['self'] = circular;
    const row = Object.freeze({
      loss: tf.scalar(0.5),
      big: 2n ** 70n,
      circular,
      f: () => 1,
      nested: { b: [1, NaN] },
    });
    const run = adapted();
    run.log(row, { step: 7 });
    expect(rows).toEqual([
      [
        {
          loss: 0.5,
          big: '1180591620717411303424',
          circular: { a: 1 },
          nested: { b: [1, NaN] },
          _step: 0,
        },
      ],
    ]);
    expect(structuredClone(rows)).toEqual(rows);
    expect([run.step, said.length]).toEqual([1, 2]);
  });

  test('gets media that needs no file', () => {
    adapted().log({
      h: wandbHistogram({ values: [1, 2] }),
      i: wandbImage({ pixels: new Uint8Array(4), width: 2, height: 2 }),
    });
    expect(rows).toEqual([[{ h: expect.objectContaining({ _type: 'histogram' }), _step: 0 }]]);
    expect(said).toEqual([
      expect.stringContaining('"i" is not logged: @wandb/sdk has no place for files'),
    ]);
  });

  test('that throws does not reach the caller, and is told of once', () => {
    const broken = sdkRun(
      {
        ...fake,
        log: () => {
          throw new Error('broken');
        },
      },
      (line) => void said.push(line),
    );
    broken.log({ a: 1 });
    broken.log({ a: 2 });
    expect(said).toEqual(['wandb: @wandb/sdk failed: broken']);
  });

  test.each([
    ['that never finishes', () => new Promise<void>(() => undefined)],
    ['that fails to finish', () => Promise.reject(new Error('no'))],
    [
      'that throws as it finishes',
      () => {
        throw new Error('no');
      },
    ],
  ])('%s ends in time, once', async (_, finish) => {
    fake = { ...fake, finish };
    const run = adapted({ finishWithin: 0.02 });
    run.log({ a: 1 });
    const report = await run.finish(1);
    expect(report).toEqual({
      rows: 1,
      uploadedRows: 0,
      pendingRows: 1,
      lostRows: 1,
      tooLongRows: 0,
      pendingFiles: 0,
      syncCommand: undefined,
    });
    expect(await run.finish()).toBe(report);
    expect(said.join()).toContain('has not finished');
  });

  test('gets no exit code that is none', async () => {
    const codes: unknown[] = [];
    fake = { ...fake, finish: (code) => Promise.resolve(void codes.push(code)) };
    await adapted().finish(256);
    const strict = adapted({ strict: true });
    await expect(strict.finish(256)).rejects.toThrow(
      'run.finish: exitCode must be an integer >= 0',
    );
    await strict.finish(3);
    expect(codes).toEqual([1, 3]);
    expect(said).toEqual([
      'wandb: the run ends with 1: run.finish: exitCode must be an integer >= 0 and <= 255, got 256',
    ]);
  });

  test('is told once what has no place there', async () => {
    const run = adapted();
    run.config({ a: 1 });
    run.config({ b: 1 });
    run.alert({ title: 't' });
    expect(said).toHaveLength(2);
    expect(await run.finish()).toMatchObject({ pendingRows: 0 });
  });
});

describe('the real package', () => {
  let folder: string;
  let bundle: string;
  let server: WandbServer;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tfloop-sdk-'));
    bundle = await bundleTraining(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(async () => void (server = await wandbServer()));
  afterEach(() => server.close());

  test('gets every row of a fit, in order', async () => {
    const { code, fitted, errors } = await train(bundle, { options: {}, sdk: server.baseUrl })
      .ended;
    expect({ code, fitted, errors }).toEqual({
      code: 0,
      fitted: true,
      errors: expect.not.stringMatching(/unhandled/i),
    });
    const steps = historyOf(server.run('sdk')).flatMap((row) =>
      row['batch/loss'] === undefined ? [] : [row['batch/step']],
    );
    expect(steps).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(
      historyOf(server.run('sdk')).filter((row) => row['epoch/epoch'] !== undefined),
    ).toHaveLength(4);
    expect(server.run('sdk')).toMatchObject({ complete: true, exitCode: 0, faults: [] });
  });

  test('that is never answered lets the training end', async () => {
    server.setFaults([{ operations: ['file_stream'], effect: { kind: 'hang' } }]);
    const process = train(bundle, { options: { finishWithin: 1 }, sdk: server.baseUrl });
    await process.fitted;
    // The package itself keeps the process alive.
    process.child.kill('SIGKILL');
    expect((await process.ended).errors).toContain('@wandb/sdk has not finished');
  });
});
