import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { decodeAcked, memoryAckedStore, type AckedStore } from '../src/acked.ts';
import { nodeFetch } from '../src/platform/node-fetch.ts';
import type { Item, LogRecord } from '../src/record.ts';
import { exit, memoryLog, range, row, run, testUploader } from './log.ts';
import { historyOf, summaryOf } from './server-run.ts';
import { wandbServer, type WandbServer } from './server.ts';

let server: WandbServer;
beforeEach(async () => {
  server = await wandbServer();
});
afterEach(() => server.close());

const soon = () => AbortSignal.timeout(10_000);
const media = { path: 'x.png', policy: 'now', type: 'media' } as const;
const item = (key: Item['key'], value: unknown): Item => ({
  key,
  valueJson: typeof value === 'string' ? value : JSON.stringify(value),
});
const upload = (records: readonly LogRecord[], options = {}) =>
  testUploader(server, memoryLog([...records]), options).drain(soon());

test('what a run is called and belongs to', async () => {
  await upload([
    { header: { producer: 'tfloop' } },
    run('r1', {
      displayName: 'first',
      group: 'g',
      jobType: 'train',
      notes: 'n',
      tags: ['a', 'b'],
      host: 'h',
      git: { remoteUrl: 'git@example.com:x.git', commit: 'abc' },
    }),
    exit(3),
  ]);
  expect(server.run('r1')).toMatchObject({
    entity: 'tester',
    project: 'p',
    exitCode: 3,
    fields: {
      displayName: 'first',
      groupName: 'g',
      jobType: 'train',
      notes: 'n',
      tags: ['a', 'b'],
      host: 'h',
      repo: 'git@example.com:x.git',
      commit: 'abc',
    },
  });
});

test('names with slashes, spaces and others are places in a URL', async () => {
  await upload([run('a/b c?#%', { project: 'x y/z', entity: 'ü' }), row(0), exit()]);
  expect(server.run('a/b c?#%')).toMatchObject({ project: 'x y/z', entity: 'ü', complete: true });
  expect(historyOf(server.run('a/b c?#%'))).toHaveLength(1);
});

test('the config is whole each time, with the metrics in the numbers of the protocol', async () => {
  const log = memoryLog([
    run('r1', { config: [item('lr', 0.1), item('model', { layers: 2, deep: { a: 'NaN' } })] }),
  ]);
  const up = testUploader(server, log);
  up.start();
  await until(() => up.state.status === 'streaming');
  log.append(
    { config: { update: [item(['model', 'layers'], 3), item('late', 'NaN')], remove: ['lr'] } },
    { telemetry: { cliVersion: '0.30.0', platform: 'linux-x86_64' } },
    { metric: { name: 'epoch' } },
    {
      metric: {
        name: 'loss',
        stepMetric: 'batch',
        stepSync: true,
        hidden: true,
        summary: ['min', 'max'],
        goal: 'minimize',
      },
    },
    { metric: { name: 'val/acc', stepMetric: 'epoch', stepSync: true, summary: ['best'] } },
    { config: { update: [item(['_wandb', 'visualize', 'roc'], { panel_type: 'Vega2' })] } },
    exit(),
  );
  await up.drain(soon());
  // The list is what the official client 0.30.0 sent for the same definitions.
  expect(server.run('r1')?.config).toEqual({
    model: { value: { layers: 3, deep: { a: 'NaN' } } },
    late: { value: null },
    _wandb: {
      value: {
        visualize: { roc: { panel_type: 'Vega2' } },
        cli_version: '0.30.0',
        t: { 5: '0.30.0', 13: 'linux-x86_64' },
        m: [
          { 1: 'epoch', 6: [3], 7: [] },
          { 1: 'loss', 5: 3, 6: [1, 2, 3], 7: [1, 2], 8: 1 },
          { 1: 'batch', 6: [], 7: [] },
          { 1: 'val/acc', 5: 1, 6: [1, 3], 7: [] },
        ],
      },
    },
  });
  expect(String(server.run('r1')?.fields.config)).toContain('"late":{"value":NaN}');
});

test('rows keep bare NaN and infinities, and values within values', async () => {
  await upload([
    run(),
    {
      history: {
        step: 0,
        items: [item('a', 'NaN'), item('b', '-Infinity'), item(['c', 'd'], 1), item(['c', 'e'], 2)],
      },
    },
    exit(),
  ]);
  expect(server.run('r1')?.lines['wandb-history.jsonl']).toEqual([
    '{"a":NaN,"b":-Infinity,"c":{"d":1,"e":2}}',
  ]);
});

test('the summary is the last one; a part replaces a whole value, as in the official client', async () => {
  await upload([
    run(),
    { summary: { update: [item('loss', '{"min":NaN,"max":2}'), item('gone', 1)] } },
    row(0),
    { summary: { update: [item(['loss', 'max'], 3), item('best', 0.5)], remove: ['gone'] } },
    { summary: { update: [item(['loss', 'min'], 'NaN')] } },
    exit(),
  ]);
  expect(server.run('r1')?.lines['wandb-summary.json']).toEqual([
    '{"loss":{"max":3,"min":NaN},"best":0.5}',
  ]);
  expect(summaryOf(server.run('r1'))).toEqual({ loss: { max: 3, min: null }, best: 0.5 });
});

test('measures of the machine and console output are lines of their files', async () => {
  const at = 1_700_000_002_500;
  await upload([
    run(),
    { stats: { timestamp: at, items: [item('cpu', 12.5)] } },
    { output: { stream: 'stdout', timestamp: at, text: 'epoch 1\nepo' } },
    { output: { stream: 'stderr', timestamp: at, text: 'careful\n' } },
    { output: { stream: 'stdout', timestamp: at + 1, text: 'ch 2\r\n10 %\r20 %\r30' } },
    { output: { stream: 'stdout', timestamp: at + 2, text: ' %' } },
    exit(),
  ]);
  expect(
    server.run('r1')?.lines['wandb-events.jsonl'].map((line): unknown => JSON.parse(line)),
  ).toEqual([{ _wandb: true, _timestamp: at / 1000, _runtime: 2.5, 'system.cpu': 12.5 }]);
  expect(server.run('r1')?.lines['output.log']).toEqual([
    '2023-11-14T22:13:22.500000 epoch 1',
    'ERROR 2023-11-14T22:13:22.500000 careful',
    '2023-11-14T22:13:22.500000 epoch 2',
    '2023-11-14T22:13:22.501000 30 %',
  ]);
});

test('files, those that are uploaded at the end, artifacts and alerts', async () => {
  const bytes = (text: string) => Promise.resolve(new TextEncoder().encode(text));
  const report = await upload(
    [
      run(),
      { files: [{ path: 'media/images/a b.png', policy: 'now', type: 'media' }] },
      { files: [{ path: 'config.yaml', policy: 'end', type: 'wandb' }] },
      { files: [{ path: 'config.yaml', policy: 'end', type: 'wandb' }] },
      { alert: { title: 't', text: 'x', level: 'WARN', waitDuration: 7 } },
      exit(),
    ],
    { local: { file: bytes, artifactFile: bytes } },
  );
  expect(report).toMatchObject({ failed: [], complete: true });
  const received = server.run('r1')!;
  expect(Object.entries(received.files).map(([path, body]) => [path, body.toString()])).toEqual([
    ['media/images/a b.png', 'media/images/a b.png'],
    ['config.yaml', 'config.yaml'],
  ]);
  expect(received.uploaded).toEqual(['media/images/a b.png', 'config.yaml']);
  expect(received.alerts).toMatchObject([{ title: 't', severity: 'WARN', waitDuration: 7000 }]);
});

test('a file that is not there costs one warning, and nothing else', async () => {
  const up = testUploader(
    server,
    memoryLog([
      run(),
      { files: [{ path: 'gone.png', policy: 'now', type: 'media' }] },
      row(0),
      exit(),
    ]),
  );
  expect(await up.drain(soon())).toMatchObject({
    uploadedRows: 1,
    failed: ['gone.png'],
    complete: false,
  });
  expect(up.warnings).toHaveLength(1);
  expect(up.warnings[0]).toMatch(/^gone\.png could not be uploaded \(.*\)$/);
});

test('a row that is too long is left out, told once, and counted', async () => {
  const long = (step: number): LogRecord => ({
    history: { step, items: [item('text', `"${'x'.repeat(300)}"`)] },
  });
  const up = testUploader(server, memoryLog([run(), row(0), long(1), row(2), long(3), exit()]), {
    limits: { lineBytes: 200, requestBytes: 100 },
  });
  expect(await up.drain(soon())).toMatchObject({
    uploadedRows: 2,
    droppedSteps: [1, 3],
    complete: true,
  });
  expect(up.warnings).toEqual([expect.stringMatching(/^the row of step 1 has more than 10 MiB/)]);
  expect(historyOf(server.run('r1')).map(({ _step }) => _step)).toEqual([0, 2]);
});

test('requests keep to the limit', async () => {
  await upload([run(), ...range(0, 1000).map(row), exit()], { limits: { requestBytes: 4000 } });
  const sizes = server.requests
    .filter(({ operation }) => operation === 'file_stream')
    .map(({ body }) => body.length);
  expect(sizes.length).toBeGreaterThan(8);
  expect(Math.max(...sizes)).toBeLessThan(4300);
});

test('a request that is repeated is the same, byte by byte', async () => {
  server.setFaults([
    { operations: ['file_stream'], from: 0, to: 3, effect: { kind: 'reset', applied: true } },
  ]);
  const log = memoryLog([run(), row(0)]);
  const up = testUploader(server, log);
  up.start();
  // What is logged meanwhile does not get into the request.
  await until(() => server.struck > 0);
  log.append(row(1));
  up.wake();
  await until(() => up.state.uploadedRows === 2);
  const bodies = server.requests
    .filter(({ operation }) => operation === 'file_stream')
    .map(({ body }) => body.toString());
  expect(bodies.slice(0, 4)).toEqual(Array(4).fill(bodies[0]));
  expect(bodies[4]).not.toBe(bodies[0]);
  await up.drain(soon());
});

test('a silent run is told to live', async () => {
  const up = testUploader(server, memoryLog([run()]), {
    timing: { interval: 5, maxInterval: 5, heartbeat: 20 },
  });
  up.start();
  await until(() => (server.run('r1')?.heartbeats ?? 0) >= 2);
  const report = await up.drain(soon());
  expect(report).toMatchObject({ uploadedRows: 0, complete: true });
  expect(server.run('r1')?.complete).toBe(false);
});

test('a drain does not wait for the end of a long pause between attempts', async () => {
  server.setFaults([
    { operations: ['UpsertBucket'], to: 1, effect: { kind: 'status', status: 500 } },
  ]);
  let answers = 0;
  const up = testUploader(server, memoryLog([run(), row(0), exit()]), {
    timing: { backoff: { min: 100_000, max: 200_000 } },
    async fetch(...request) {
      const { ok, status, headers, ...rest } = await nodeFetch(...request);
      const text = await rest.text();
      answers++;
      return { ok, status, headers, text: () => Promise.resolve(text) };
    },
  });
  up.start();
  await until(() => answers === 1);
  expect(await up.drain(soon())).toMatchObject({ uploadedRows: 1, complete: true });
});

test('the Stop button is reported once', async () => {
  let stops = 0;
  const log = memoryLog([run(), row(0)]);
  const up = testUploader(server, log, {
    onStopped() {
      stops++;
      throw new Error('a mistake of the program');
    },
  });
  up.start();
  await until(() => up.state.uploadedRows === 1);
  server.run('r1')!.stopped = true;
  for (const step of [1, 2]) {
    log.append(row(step));
    await until(() => up.state.uploadedRows === step + 1);
  }
  await up.drain(soon());
  expect(stops).toBe(1);
});

test('a run that is resumed with a new log goes on where the service stands', async () => {
  await upload([
    run('r1', { config: [item('lr', 1), item('old', 1)] }),
    ...range(0, 3).map(row),
    { summary: { update: [item('loss', 1), item('kept', 2)] } },
    { output: { stream: 'stdout', timestamp: 0, text: 'first\n' } },
    exit(1),
  ]);
  const acked = memoryAckedStore();
  const log = memoryLog([
    run('r1', { resumed: true, config: [item('lr', 2)] }),
    ...range(3, 5).map(row),
    { summary: { update: [item('loss', 0.5)] } },
    { output: { stream: 'stdout', timestamp: 0, text: 'second\n' } },
  ]);
  const second = testUploader(server, log, { acked, resume: 'must' });
  await second.drain(soon());
  // A third process goes on with the second one's log.
  log.append(run('r1', { resumed: true }), ...range(5, 8).map(row), exit());
  await testUploader(server, log, { acked, resume: 'allow' }).drain(soon());

  const received = server.run('r1')!;
  expect(historyOf(received).map(({ _step }) => _step)).toEqual(range(0, 8));
  expect(received).toMatchObject({ faults: [], complete: true, exitCode: 0 });
  expect(received.lines['output.log'].map((line) => line.split(' ')[1])).toEqual([
    'first',
    'second',
  ]);
  expect(summaryOf(received)).toEqual({ kept: 2, loss: 0.5 });
  expect(received.config).toMatchObject({ lr: { value: 2 }, old: { value: 1 } });
});

test.each([
  ['must', false, /is to be resumed, and the service doesn't know it/],
  ['never', true, /is to be new, and the service has it already/],
] as const)('resume: %s', async (resume, exists, message) => {
  if (exists) await upload([run(), row(0), exit()]);
  const up = testUploader(server, memoryLog([run(), row(0), exit()]), { resume });
  expect(await up.drain(soon())).toMatchObject({
    uploadedRows: 0,
    complete: false,
  });
  expect(up.warnings).toEqual([expect.stringMatching(message)]);
});

test('lines that were acknowledged and then lost from the log make place for others', async () => {
  const acked = memoryAckedStore();
  const log = memoryLog([run(), ...range(0, 10).map(row)]);
  await testUploader(server, log, { acked }).drain(soon());

  const shorter = memoryLog([run(), ...range(0, 6).map(row)]);
  const up = testUploader(server, shorter, { acked });
  up.start();
  await until(() => up.state.status === 'streaming' && up.state.uploadedRows === 6);
  shorter.append(...range(100, 106).map(row), exit());
  await up.drain(soon());
  const steps = historyOf(server.run('r1')).map(({ _step }) => _step);
  expect(steps).toEqual([...range(0, 6), ...range(100, 106)]);
});

test.each<[string, AckedStore]>([
  ['can not be read', { load: () => Promise.reject(new Error('no')), save: () => undefined }],
  ['holds something else', { load: () => '{"runId":"r1","lines":"?"}', save: () => undefined }],
  [
    'can not be written',
    {
      load: () => undefined,
      save() {
        throw new Error('the disk is full');
      },
    },
  ],
])('a note beside the log that %s only means to send again', async (_name, acked) => {
  for (let process = 1; process <= 2; process++) {
    const report = await upload([run(), ...range(0, 20).map(row), exit()], { acked });
    expect(report).toMatchObject({ uploadedRows: 20, complete: true });
  }
  expect(historyOf(server.run('r1'))).toHaveLength(20);
  expect(server.run('r1')?.faults).toEqual([]);
});

test('the note of one run is not that of another', () => {
  const note = '{"runId":"a","lines":{"history":1,"events":0,"output":0},"errands":0}';
  expect(decodeAcked(note, 'a')?.lines.history).toBe(1);
  expect(decodeAcked(note, 'b')).toBeUndefined();
});

test('a damaged part of the log costs one warning', async () => {
  const inner = memoryLog([run(), ...range(0, 10).map(row), exit()]).reader();
  let reads = 0;
  const up = testUploader(
    server,
    {
      reader: () => ({
        next() {
          if (++reads % 4 === 0) throw new Error('damaged');
          return inner.next();
        },
      }),
    },
    {},
  );
  expect(await up.drain(soon())).toMatchObject({ uploadedRows: 10, complete: true });
  expect(up.warnings).toHaveLength(1);
});

test('drain gives the same report again, and ends without a run or a service', async () => {
  await server.goDown();
  const empty = testUploader(server, memoryLog());
  expect(await empty.drain(soon())).toMatchObject({ uploadedRows: 0, complete: false });
  const up = testUploader(server, memoryLog([run(), row(0)]));
  const first = up.drain(AbortSignal.abort());
  expect(up.drain(soon())).toBe(first);
  expect(await first).toMatchObject({ uploadedRows: 0, complete: false });
  expect(up.warnings).toEqual([]);
});

test('listeners that throw change nothing', async () => {
  const listener = () => {
    throw new Error('a mistake of the program');
  };
  const report = await upload([run(), row(0), { files: [media] }, exit()], {
    warn: listener,
    onConnected: listener,
    onStopped: listener,
  });
  expect(report).toMatchObject({ uploadedRows: 1, failed: ['x.png'], complete: false });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}
