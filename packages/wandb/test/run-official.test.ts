import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { wandbHistogram } from '../src/media/histogram.ts';
import { wandbImage } from '../src/media/image.ts';
import { wandbTable } from '../src/media/table.ts';
import { openRun } from '../src/run.ts';
import type { WandbRun } from '../src/wandb-run.ts';
import { officialClient, runClient } from './official-client.ts';
import { historyOf, summaryOf, type ServerRun } from './server-run.ts';
import { wandbServer, type WandbServer } from './server.ts';

const python = officialClient();
const KEY = '0123456789abcdef0123456789abcdef01234567';

let dir: string;
let server: WandbServer;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tfloop-official-'));
  server = await wandbServer();
});
afterEach(async () => {
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

const quiet = { silent: true, console: false, stats: false } as const;

function offline(id: string): Promise<WandbRun> {
  return openRun({
    ...quiet,
    id,
    dir,
    project: 'p',
    mode: 'offline',
    name: 'shown',
    tags: ['a', 'b'],
    notes: 'n',
    group: 'g',
    jobType: 'train',
  });
}

function logRows(run: WandbRun, count: number): void {
  run.config({ lr: 0.1, layers: [1, 2], model: { name: 'm', depth: 3 } });
  run.defineMetric('valid/*', { step: 'epoch', summary: ['min'] });
  for (let i = 0; i < count; i++)
    run.log({ loss: 1 / (i + 1), 'valid/loss': (i - 3) ** 2, epoch: i });
}

(python === undefined ? describe.skip : describe)('wandb sync', () => {
  const sync = (folder: string) =>
    runClient(python ?? '', ['-m', 'wandb', 'sync', folder], { baseUrl: server.baseUrl, dir });

  test('delivers rows, config, summary, histogram, image, table, console and exit code', async () => {
    const run = await openRun({
      ...quiet,
      console: true,
      id: 'whole',
      dir,
      project: 'p',
      mode: 'offline',
      name: 'shown',
      tags: ['a', 'b'],
      notes: 'n',
      group: 'g',
      jobType: 'train',
    });
    logRows(run, 100);
    process.stdout.write('printed\n');
    run.log({ strange: NaN, far: -Infinity });
    run.log({
      h: wandbHistogram({ values: [1, 2, 2, 3] }),
      i: wandbImage({ pixels: new Uint8Array([0, 255, 255, 0]), width: 2, height: 2 }),
      t: wandbTable({ columns: ['a'], data: [[1], [2]] }),
    });
    run.artifact({
      name: 'weights',
      type: 'model',
      files: new Map([['w.bin', new Uint8Array([1, 2, 3])]]),
    });
    await run.finish(7);

    const { output, code } = await sync(run.folder ?? '');
    expect({ output, code }).toEqual({
      output: expect.stringMatching(/Finished syncing/i),
      code: 0,
    });
    const got = server.run('whole') as ServerRun;
    expect(got.faults).toEqual([]);
    const history = historyOf(got);
    expect(history).toHaveLength(102);
    expect(history.map(({ _step }) => _step)).toEqual(Array.from({ length: 102 }, (_, i) => i));
    // The client writes keys in any order.
    expect(got.lines['wandb-history.jsonl'][100]).toContain('"strange":NaN');
    expect(got.lines['wandb-history.jsonl'][100]).toContain('"far":-Infinity');
    expect(history[101]).toMatchObject({
      h: { _type: 'histogram' },
      i: { _type: 'image-file', width: 2 },
      t: { _type: 'table-file', nrows: 2 },
    });
    const files = Object.keys(got.files);
    expect(files).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^media\/images\/i_101_.*png$/),
        expect.stringMatching(/^media\/table\/t_101_.*json$/),
      ]),
    );
    expect(got.config).toMatchObject({
      lr: { value: 0.1 },
      layers: { value: [1, 2] },
      model: { value: { name: 'm', depth: 3 } },
    });
    expect(summaryOf(got)).toMatchObject({ loss: 0.01, 'valid/loss': { min: 0 }, epoch: 99 });
    expect(got.lines['output.log'].join('\n')).toContain('printed');
    expect(got.fields).toMatchObject({
      displayName: 'shown',
      groupName: 'g',
      jobType: 'train',
      notes: 'n',
      tags: ['a', 'b'],
    });
    expect(server.artifacts).toHaveLength(1);
    expect({ complete: got.complete, exitCode: got.exitCode }).toEqual({
      complete: true,
      exitCode: 7,
    });
  });

  test('delivers all rows before the tear of a torn log', async () => {
    const run = await offline('torn');
    logRows(run, 50);
    run.sync();
    const name = 'offline-run-20260101_000000-torn';
    const copy = join(dir, 'copy', name);
    mkdirSync(copy, { recursive: true });
    const file = join(copy, 'run-torn.wandb');
    run.log({ loss: 0, long: 'x'.repeat(100) });
    copyFileSync(join(run.folder ?? '', 'run-torn.wandb'), file);
    truncateSync(file, statSync(file).size - 5);
    await run.finish();
    await sync(copy);
    expect(historyOf(server.run('torn')).map(({ epoch }) => epoch)).toEqual(
      Array.from({ length: 50 }, (_, i) => i),
    );
  });

  test('delivers a run that went on from where a killed process had been', async () => {
    const first = await offline('on');
    logRows(first, 20);
    const from = first.state();
    logRows(first, 5);
    await first.finish(1);
    const second = await openRun({ ...quiet, dir, project: 'p', mode: 'offline', from });
    expect({ id: second.id, step: second.step, folder: second.folder }).toEqual({
      id: 'on',
      step: 20,
      folder: first.folder,
    });
    second.log({ loss: 0.5 });
    await second.finish();
    await sync(second.folder ?? '');
    const rows = historyOf(server.run('on'));
    expect(rows).toHaveLength(21);
    expect(rows.at(-1)).toMatchObject({ _step: 20, loss: 0.5 });
    expect(server.run('on')).toMatchObject({ complete: true, exitCode: 0 });
  });
});

const SCRIPT = `
import wandb
run = wandb.init(project="p", id="python", name="shown", group="g", job_type="train", tags=["a", "b"], notes="n",
  config={"lr": 0.1, "layers": [1, 2], "model": {"name": "m", "depth": 3}},
  settings=wandb.Settings(x_disable_stats=True, console="off"))
run.define_metric("valid/*", step_metric="epoch", summary="min")
for i in range(100):
    run.log({"loss": 1 / (i + 1), "valid/loss": (i - 3) ** 2, "epoch": i})
run.log({"strange": float("nan"), "nested": {"a": 1, "b": [1, 2]}, "flag": True, "text": "t", "nothing": None})
run.summary["own"] = 5
run.finish(exit_code=3)
`;

(python === undefined ? test.skip : test)(
  'an online run is the one that the official client makes',
  async () => {
    const { output, code } = await runClient(python ?? '', ['-c', SCRIPT], {
      baseUrl: server.baseUrl,
      dir,
      // In this repository, as our run.
      cwd: process.cwd(),
    });
    expect({ output, code }).toEqual({ output: expect.any(String), code: 0 });
    const run = await openRun(
      {
        ...quiet,
        id: 'ours',
        dir,
        project: 'p',
        baseUrl: server.baseUrl,
        apiKey: KEY,
        name: 'shown',
        tags: ['a', 'b'],
        notes: 'n',
        group: 'g',
        jobType: 'train',
      },
      { timing: { interval: 50 } },
    );
    logRows(run, 100);
    run.log({ strange: NaN, nested: { a: 1, b: [1, 2] }, flag: true, text: 't', nothing: null });
    run.summary({ own: 5 });
    const report = await run.finish(3);
    expect(report).toEqual({
      rows: 101,
      uploadedRows: 101,
      pendingRows: 0,
      lostRows: 0,
      tooLongRows: 0,
      pendingFiles: 0,
      syncCommand: undefined,
    });

    const [theirs, ours] = [server.run('python'), server.run('ours')].map((got) =>
      comparable(got as ServerRun),
    );
    expect(ours).toEqual(theirs);
    expect(ours?.fields.commit ?? 'no repository').toMatch(/^[0-9a-f]{40,64}$|^no repository$/);
    expect(readdirSync(join(dir, 'wandb')).some((name) => name.endsWith('-ours'))).toBe(true);
  },
);

/** What has to be equal; not the times and what is said of the client. */
function comparable(run: ServerRun) {
  const { _wandb, ...config } = run.config as { _wandb: { value: { m: unknown } } };
  const { groupName, jobType, displayName, notes, tags, commit, repo } = run.fields;
  return {
    rows: historyOf(run).map(timeless),
    texts: run.lines['wandb-history.jsonl'].at(-1)?.includes('NaN'),
    summary: timeless(summaryOf(run)),
    config,
    metrics: _wandb.value.m,
    fields: { groupName, jobType, displayName, notes, tags, commit, repo },
    complete: run.complete,
    exitCode: run.exitCode,
  };
}

function timeless({ _runtime, _timestamp, _wandb, ...row }: Record<string, unknown>) {
  return {
    ...row,
    timed: typeof _runtime === 'number' && typeof _timestamp === 'number',
    ended: _wandb !== undefined,
  };
}
