import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { memoryAckedStore } from '../src/acked.ts';
import { manifestDigest } from '../src/artifact-manifest.ts';
import { md5Base64 } from '../src/md5.ts';
import type { LogRecord } from '../src/record.ts';
import { exit, memoryLog, row, run, testUploader } from './log.ts';
import type { Fault } from './server-faults.ts';
import { wandbServer, type WandbServer } from './server.ts';

let server: WandbServer;
beforeEach(async () => {
  server = await wandbServer();
});
afterEach(() => server.close());

const soon = () => AbortSignal.timeout(10_000);
const bytesOf = (text: string) => new TextEncoder().encode(text);
const disk: Record<string, string> = { 'local/weights': 'some weights', 'local/state': '{}' };
const local = {
  file: () => Promise.reject(new Error('there is no such file')),
  artifactFile: (path: string) => Promise.resolve(bytesOf(disk[path] ?? '')),
};

function artifact(name = 'model', contents = disk): LogRecord {
  const entries = Object.entries(contents).map(([localPath, text]) => ({
    path: `at epoch 1/${localPath.slice(6)}`,
    digest: md5Base64(bytesOf(text)),
    size: text.length,
    localPath,
  }));
  return {
    artifact: {
      runId: 'r1',
      project: 'p',
      type: 'model',
      name,
      digest: manifestDigest(entries),
      description: 'd',
      metadataJson: '{"epoch":1}',
      aliases: ['latest', 'best'],
      entries,
      clientId: 'c'.repeat(128),
      sequenceClientId: 's'.repeat(128),
    },
  };
}

const upload = (...records: readonly LogRecord[]) =>
  testUploader(server, memoryLog([run(), row(0), ...records, exit()]), { local });

const operations = () =>
  server.requests.map(({ operation }) => operation).filter((name) => /Artifact|put/.test(name));

function expectWhole(): void {
  const [made] = server.artifacts;
  expect(server.artifacts).toHaveLength(1);
  expect(made).toMatchObject({ collection: 'model', type: 'model', state: 'COMMITTED' });
  expect(Object.entries(made!.files).map(([path, body]) => [path, body.toString()])).toEqual([
    ['at epoch 1/weights', 'some weights'],
    ['at epoch 1/state', '{}'],
  ]);
}

test('an artifact is made as the official client makes it', async () => {
  const report = await upload(artifact()).drain(soon());
  expect(report).toMatchObject({ failed: [], complete: true });
  expectWhole();
  // The official client asks for both files at once.
  expect(operations()).toEqual([
    'CreateArtifact',
    'CreateArtifactManifest',
    'CreateArtifactFiles',
    'put',
    'CreateArtifactFiles',
    'put',
    'CreateArtifactManifest',
    'put',
    'CommitArtifact',
  ]);
  const [made] = server.artifacts;
  expect(made?.fields).toMatchObject({
    entityName: 'tester',
    projectName: 'p',
    runName: 'r1',
    digestAlgorithm: 'MANIFEST_MD5',
    description: 'd',
    metadata: '{"epoch":1}',
    aliases: [
      { artifactCollectionName: 'model', alias: 'latest' },
      { artifactCollectionName: 'model', alias: 'best' },
    ],
    enableDigestDeduplication: true,
    historyStep: 1,
  });
  const size = 12;
  expect(made?.manifest?.content).toEqual({
    version: 1,
    storagePolicy: 'wandb-storage-policy-v1',
    storagePolicyConfig: { storageLayout: 'V2' },
    contents: {
      'at epoch 1/weights': {
        digest: md5Base64(bytesOf('some weights')),
        size,
        birthArtifactID: made?.id,
      },
      'at epoch 1/state': { digest: md5Base64(bytesOf('{}')), size: 2, birthArtifactID: made?.id },
    },
  });
  // Files go to signed places without the key, with the headers that were signed.
  const puts = server.requests.filter(({ operation }) => operation === 'put');
  expect(puts.map(({ headers }) => headers.authorization)).toEqual(puts.map(() => undefined));
  expect(puts[0]?.headers['content-md5']).toBe(md5Base64(bytesOf('some weights')));
});

test('a version whose content is there already is not sent again', async () => {
  await upload(artifact(), artifact()).drain(soon());
  expectWhole();
  expect(operations().filter((name) => name === 'put')).toHaveLength(3);
});

const faults: readonly [string, Fault['effect']][] = [
  ['500', { kind: 'status', status: 500 }],
  ['429', { kind: 'status', status: 429, headers: { 'Retry-After': '0' } }],
  ['reset before applied', { kind: 'reset', applied: false }],
  ['reset after applied', { kind: 'reset', applied: true }],
  ['hang', { kind: 'hang' }],
];
const steps = [
  'CreateArtifact',
  'CreateArtifactManifest',
  'CreateArtifactFiles',
  'put',
  'CommitArtifact',
];

test.each(faults)('%s at each step of the way', async (_name, effect) => {
  server.setFaults(steps.map((operation) => ({ operations: [operation], to: 1, effect })));
  const up = upload(artifact());
  expect(await up.drain(soon())).toMatchObject({ failed: [], complete: true });
  expect(server.struck).toBe(steps.length);
  expect(up.warnings).toEqual([]);
  expectWhole();
});

test('a signed place that has expired is asked for anew', async () => {
  server.setFaults([
    { operations: ['put'], from: 1, to: 2, effect: { kind: 'status', status: 403 } },
  ]);
  expect(await upload(artifact()).drain(soon())).toMatchObject({ failed: [], complete: true });
  expectWhole();
});

test('a file that changed since, and a service that refuses, cost a warning each', async () => {
  server.setFaults([{ operations: ['CommitArtifact'], effect: { kind: 'errors' } }]);
  const changed = artifact('changed', { 'local/weights': 'other weights', 'local/state': '{}' });
  const up = upload(changed, artifact());
  expect(await up.drain(soon())).toMatchObject({
    uploadedRows: 1,
    failed: ['artifact changed', 'artifact model'],
    complete: false,
  });
  expect(up.warnings).toEqual([
    expect.stringContaining(
      'the file at epoch 1/weights of artifact changed changed after it was logged',
    ),
    expect.stringContaining('(CommitArtifact): was refused by the service'),
  ]);
});

test('a later process uploads what an earlier one could not, and only that', async () => {
  const acked = memoryAckedStore();
  const log = memoryLog([run(), artifact(), artifact('second', { 'local/state': '{}' }), exit()]);
  server.setFaults([{ operations: ['CommitArtifact'], from: 1, effect: { kind: 'hang' } }]);
  const first = testUploader(server, log, { acked, local });
  first.start();
  while (server.struck === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  await first.drain(AbortSignal.timeout(50));
  expect(server.artifacts.map(({ state }) => state)).toEqual(['COMMITTED', 'PENDING']);

  server.setFaults([]);
  const before = operations().length;
  await testUploader(server, log, { acked, local }).drain(soon());
  expect(server.artifacts.map(({ state }) => state)).toEqual(['COMMITTED', 'COMMITTED']);
  expect(operations().slice(before)[0]).toBe('CreateArtifact');
  expect(
    operations()
      .slice(before)
      .filter((name) => name === 'CreateArtifact'),
  ).toHaveLength(1);
});
