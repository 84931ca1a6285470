import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { memoryAckedStore } from '../src/acked.ts';
import { exit, memoryLog, range, row, run, testUploader } from './log.ts';
import type { Fault } from './server-faults.ts';
import { historyOf } from './server-run.ts';
import { wandbServer, type WandbServer } from './server.ts';

let server: WandbServer;
beforeEach(async () => {
  server = await wandbServer();
});
afterEach(() => server.close());

const rows = 100;
const status = (code: number, headers = {}): Fault['effect'] => ({
  kind: 'status',
  status: code,
  headers,
});
const stream = { operations: ['file_stream'] };
const upsert = { operations: ['UpsertBucket'] };

interface Scenario {
  readonly name: string;
  readonly faults: readonly Fault[];
}

/** The upload gets over these by itself. */
const passing: readonly Scenario[] = [
  { name: 'healthy', faults: [] },
  { name: '500', faults: [{ ...stream, from: 1, to: 4, effect: status(500) }] },
  {
    name: '429 with Retry-After: 0',
    faults: [{ ...stream, from: 1, to: 3, effect: status(429, { 'Retry-After': '0' }) }],
  },
  { name: 'late answers', faults: [{ effect: { kind: 'delay', milliseconds: 60 } }] },
  {
    name: 'no answer, then answers',
    faults: [{ ...stream, from: 1, to: 2, effect: { kind: 'hang' } }],
  },
  {
    name: 'reset before applied',
    faults: [{ ...stream, from: 1, to: 4, effect: { kind: 'reset', applied: false } }],
  },
  {
    name: 'reset after applied',
    faults: [{ ...stream, from: 1, to: 4, effect: { kind: 'reset', applied: true } }],
  },
  { name: 'init: reset', faults: [{ ...upsert, to: 3, effect: { kind: 'reset', applied: true } }] },
  { name: 'init: 409', faults: [{ ...upsert, to: 3, effect: status(409) }] },
  { name: 'init: 500', faults: [{ ...upsert, to: 3, effect: status(500) }] },
  { name: 'init: 429', faults: [{ ...upsert, to: 3, effect: status(429) }] },
  { name: 'init: no answer', faults: [{ ...upsert, to: 1, effect: { kind: 'hang' } }] },
];

/** These end the upload; a later one does the rest. */
const ending: readonly Scenario[] = [
  { name: '401', faults: [{ ...stream, from: 1, effect: status(401) }] },
  { name: '409', faults: [{ ...stream, from: 1, effect: status(409) }] },
  { name: '302', faults: [{ ...stream, from: 1, effect: status(302, { Location: '/x' }) }] },
  { name: 'no answer ever', faults: [{ effect: { kind: 'hang' } }] },
  { name: 'no answer ever, mid-run', faults: [{ ...stream, from: 1, effect: { kind: 'hang' } }] },
  {
    name: '429 with Retry-After: 3600',
    faults: [{ ...stream, from: 1, effect: status(429, { 'Retry-After': '3600' }) }],
  },
  ...[400, 401, 403, 404].map((code) => ({
    name: `init: ${code}`,
    faults: [{ ...upsert, effect: status(code) }],
  })),
  { name: 'init: GraphQL errors', faults: [{ ...upsert, effect: { kind: 'errors' } as const }] },
];

/** Logs 100 rows in 5 parts, each when the last was uploaded or the upload waits for something. */
async function train(scenario: Scenario, acked = memoryAckedStore()) {
  server.setFaults(scenario.faults);
  const log = memoryLog([run()]);
  const upload = testUploader(server, log, { acked });
  upload.start();
  for (const part of range(0, 5)) {
    log.append(...range(part * 20, part * 20 + 20).map(row));
    upload.wake();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  log.append(exit());
  return { log, upload, acked };
}

function expectExact(): void {
  expect(historyOf(server.run('r1')).map(({ _step }) => _step)).toEqual(range(0, rows));
  expect(server.run('r1')).toMatchObject({ faults: [], complete: true, exitCode: 0 });
}

test.each(passing)('$name: every row arrives once, in order', async (scenario) => {
  const { upload } = await train(scenario);
  const report = await upload.drain(AbortSignal.timeout(10_000));
  expect(report).toEqual({
    uploadedRows: rows,
    droppedSteps: [],
    olderRows: 0,
    failed: [],
    complete: true,
  });
  expect(upload.warnings).toEqual([]);
  expect(server.struck > 0).toBe(scenario.faults.length > 0);
  expectExact();
});

test.each(ending)('$name: ends in time, and a later process does the rest', async (scenario) => {
  const { log, upload, acked } = await train(scenario);
  const report = await upload.drain(AbortSignal.timeout(400));
  expect(report.complete).toBe(false);
  expect(report.uploadedRows).toBeLessThan(rows);
  expect(upload.warnings.length).toBeLessThanOrEqual(1);
  expect(upload.state.status).toBe('stopped');

  server.setFaults([]);
  const later = await testUploader(server, log, { acked }).drain(AbortSignal.timeout(10_000));
  expect(later).toMatchObject({ uploadedRows: rows, complete: true });
  expectExact();
});

test('a service that goes down and comes back', async () => {
  const log = memoryLog([run(), ...range(0, 40).map(row)]);
  const upload = testUploader(server, log);
  upload.start();
  await until(() => upload.state.uploadedRows === 40);
  await server.goDown();
  log.append(...range(40, rows).map(row), exit());
  upload.wake();
  const draining = upload.drain(AbortSignal.timeout(10_000));
  await new Promise((resolve) => setTimeout(resolve, 100));
  await server.comeBack();
  expect(await draining).toMatchObject({ uploadedRows: rows, complete: true });
  expectExact();
});

test('a service that is killed before the end, and back for a later process', async () => {
  const acked = memoryAckedStore();
  const log = memoryLog([run(), ...range(0, 67).map(row)]);
  const upload = testUploader(server, log, { acked });
  upload.start();
  await until(() => upload.state.uploadedRows === 67);
  await server.goDown();
  log.append(...range(67, rows).map(row), exit());
  const report = await upload.drain(AbortSignal.timeout(200));
  expect(report).toMatchObject({ uploadedRows: 67, complete: false });
  await server.comeBack();
  await testUploader(server, log, { acked }).drain(AbortSignal.timeout(10_000));
  expectExact();
});

test('what is not uploaded is not read', async () => {
  server.setFaults([{ effect: { kind: 'status', status: 401 } }]);
  const reader = memoryLog([run(), ...range(0, 100).map(row), exit()]).reader();
  let reads = 0;
  const counting = {
    next() {
      reads++;
      return reader.next();
    },
  };
  const report = await testUploader(server, { reader: () => counting }).drain(
    AbortSignal.timeout(5000),
  );
  expect(report).toMatchObject({ uploadedRows: 0, complete: false });
  expect(reads).toBe(1);
});

test('a file that is never read does not hold up the end', async () => {
  const never = () => new Promise<never>(() => undefined);
  const upload = testUploader(
    server,
    memoryLog([
      run(),
      row(0),
      { files: [{ path: 'a.txt', policy: 'now', type: 'other' }] },
      exit(),
    ]),
    {
      local: { file: never, artifactFile: never },
    },
  );
  expect(await upload.drain(AbortSignal.timeout(300))).toMatchObject({
    uploadedRows: 1,
    complete: false,
  });
});

test('25,000 rows, then drain', async () => {
  const log = memoryLog([run(), ...range(0, 25_000).map(row), exit()]);
  const upload = testUploader(server, log);
  const report = await upload.drain(AbortSignal.timeout(20_000));
  expect(report).toMatchObject({ uploadedRows: 25_000, complete: true });
  expect(historyOf(server.run('r1')).map(({ _step }) => _step)).toEqual(range(0, 25_000));
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}
