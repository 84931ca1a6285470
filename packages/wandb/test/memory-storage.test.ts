import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { memoryStorage } from '../src/memory-storage.ts';
import { openRun } from '../src/run.ts';
import { quietPlatform } from './quiet-platform.ts';
import { wandbServer, type WandbServer } from './server.ts';
import { exit, memoryLog, run, testUploader } from './log.ts';

let server: WandbServer;
beforeEach(async () => {
  server = await wandbServer();
});
afterEach(() => server.close());

const bytes = new Uint8Array([1, 2, 3]);

test('a file in memory goes when it is uploaded as often as it was written', async () => {
  const { storage, local } = memoryStorage(() => undefined, true);
  for (let i = 0; i < 2; i++) storage.write('files/a.txt', bytes);
  const path = storage.write('artifacts/b', bytes);
  local.fileDone?.('a.txt');
  expect([await local.file('a.txt'), await local.artifactFile(path)]).toEqual([bytes, bytes]);
  local.fileDone?.('a.txt');
  local.artifactFileDone?.(path);
  await expect(local.file('a.txt')).rejects.toThrow('a.txt is not in memory');
  await expect(local.artifactFile(path)).rejects.toThrow('artifacts/b is not in memory');
});

test('what is uploaded is said to be, and nothing else', async () => {
  const done: string[] = [];
  const file = (path: string) => ({
    files: [{ path, policy: 'now' as const, type: 'other' as const }],
  });
  const log = memoryLog([run(), file('a'), file('a'), file('gone'), exit()]);
  const local = {
    file: (path: string) =>
      path === 'a' ? Promise.resolve(bytes) : Promise.reject(new Error('it is gone')),
    artifactFile: () => Promise.resolve(bytes),
    fileDone: (path: string) => void done.push(path),
  };
  await testUploader(server, log, { local }).drain(AbortSignal.timeout(4000));
  expect(done).toEqual(['a', 'a']);
});

test('files and artifacts that are logged again are uploaded again', async () => {
  const online = await openRun(
    {
      id: 'x',
      mode: 'online',
      apiKey: 'k'.repeat(40),
      baseUrl: server.baseUrl,
      console: false,
      stats: false,
      finishWithin: 4,
    },
    { platform: { host: quietPlatform([]).host }, timing: { interval: 20 } },
  );
  for (let i = 0; i < 3; i++) {
    online.file('a.txt', bytes);
    online.artifact({ name: 'w', type: 'model', files: new Map([['w', bytes]]) });
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  expect(await online.finish()).toMatchObject({ pendingFiles: 0, syncCommand: undefined });
});
