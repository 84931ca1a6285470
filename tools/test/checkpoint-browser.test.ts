import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { CheckpointStore } from '@tfloop/core';
import type { BrowserContext, Page } from 'playwright-core';
import { describeInChromium } from '../chromium.ts';

/** What the page has for the tests. */
interface InPage {
  store(): CheckpointStore;
  /** Writes files that all hold the same text, in chunks. */
  write(name: string, content: string): Promise<void>;
  /** The text of every checkpoint by name; of a mixture, every file's. */
  contents(): Promise<Record<string, string>>;
  /** Names of the folders of the private file system, whatever they are. */
  folders(): Promise<string[]>;
  /** Writes a run state, reads it, and says both in numbers. */
  keepState(): Promise<{ written: string; leaked: number }>;
  readState(): Promise<{ read: string; leaked: number }>;
}
declare const inPage: InPage;

const script = `
import { writeCheckpoint, readCheckpoint } from './src/checkpoints/checkpoint-files.ts';
import { findCheckpoint } from './src/checkpoints/find-checkpoint.ts';
import { disposeRunState } from './src/checkpoints/take-snapshot.ts';
import { toStore } from './src/checkpoints/to-store.ts';
import * as tf from '@tensorflow/tfjs';

const FILES = ['weights.safetensors', 'optimizer.safetensors', 'state.json'];
const store = () => toStore('test', './runs/digits');

const numbers = (value) => {
  if (value instanceof tf.Tensor)
    return [value.dtype, value.shape, [...new Uint8Array(value.dataSync().slice().buffer)]];
  if (Object.is(value, -0) || Number.isNaN(value)) return String(1 / value);
  if (Array.isArray(value)) return value.map(numbers);
  if (typeof value !== 'object' || value === null) return value;
  return Object.keys(value).sort().map((key) => [key, numbers(value[key])]);
};

globalThis.inPage = {
  store,
  write: (name, content) => store().write(name, new Map(FILES.map((file) =>
    [file, [...content].map((character) => new TextEncoder().encode(character.repeat(1000)))]))),
  async contents() {
    const found = {};
    for (const name of await store().list()) {
      const texts = await Promise.all(FILES.map(async (file) =>
        new TextDecoder().decode(await store().read(name, file)).replace(/(.)\\1{999}/g, '$1')));
      found[name] = [...new Set(texts)].join(' + ');
    }
    return found;
  },
  async folders() {
    const names = [];
    let folder = await navigator.storage.getDirectory();
    for (const part of ['runs', 'digits']) folder = await folder.getDirectoryHandle(part, { create: true });
    for await (const [name] of folder) names.push(name);
    return names.sort();
  },
  async keepState() {
    await tf.setBackend('cpu');
    const before = tf.memory().numTensors;
    const state = {
      fingerprint: { epochs: 2, model: [] },
      position: { step: 7, batch: 7, smoothLoss: [NaN, -0] },
      history: [],
      streams: { mixup: [1, 2, 3, 4294967295] },
      weights: { 'dense/kernel': tf.tensor2d([[NaN, -0], [1e-45, Infinity]]), mask: tf.tensor1d([true, false], 'bool') },
      view: { name: 'slow', weights: { 'dense/kernel': tf.ones([2, 2]) } },
      optimizer: { optimizer: 'sgd', groups: [{ lr: 0.1 }], counters: {}, slots: { momentum: { 'dense/kernel': tf.zeros([2, 2]) } } },
      callbacks: { lookahead: { slow: [tf.tensor1d([3], 'int32')], step: 3 } },
    };
    const made = tf.memory().numTensors;
    await writeCheckpoint(store(), 'step-7', state);
    const leaked = tf.memory().numTensors - made;
    const written = JSON.stringify(numbers(state));
    disposeRunState(state);
    return { written, leaked: leaked + tf.memory().numTensors - before };
  },
  async readState() {
    await tf.setBackend('cpu');
    const before = tf.memory().numTensors;
    const { found } = await findCheckpoint(store());
    const read = JSON.stringify(numbers(found.state));
    disposeRunState(found.state);
    return { read, leaked: tf.memory().numTensors - before };
  },
};
`;

const resolveDir = join(import.meta.dirname, '../../packages/core');
const page = { script: () => ({ contents: script, resolveDir, loader: 'js' as const }) };

describeInChromium('checkpoints in Chromium', page, (site) => {
  let context: BrowserContext;

  beforeEach(async () => {
    context = await site().browser.newContext();
  });
  afterEach(() => context.close());

  async function openPage(): Promise<Page> {
    const page = await context.newPage();
    await page.goto(site().url);
    await page.waitForFunction(() => 'inPage' in globalThis);
    return page;
  }

  const contents = (page: Page) => page.evaluate(() => inPage.contents());
  const folders = (page: Page) => page.evaluate(() => inPage.folders());
  const write = (page: Page, name: string, content: string) =>
    page.evaluate(([name, content]) => inPage.write(name, content), [name, content] as const);

  test('a run state comes back in another page as it was, and nothing leaks', async () => {
    const { written, leaked } = await (await openPage()).evaluate(() => inPage.keepState());
    expect(leaked).toBe(0);
    expect(await (await openPage()).evaluate(() => inPage.readState())).toEqual({
      read: written,
      leaked: 0,
    });
  });

  test('checkpoints are kept, replaced, listed and removed', async () => {
    const page = await openPage();
    expect(await contents(page)).toEqual({});
    await write(page, 'step-1', 'a');
    await write(page, 'my run (2)', 'b');
    await write(page, 'step-1', 'longer');
    expect(await contents(page)).toEqual({ 'step-1': 'longer', 'my run (2)': 'b' });
    expect(await folders(page)).toEqual(['my run (2)~1', 'step-1~2']);
    await page.evaluate(() => inPage.store().remove('step-1'));
    await page.evaluate(() => inPage.store().remove('step-1'));
    expect(await contents(page)).toEqual({ 'my run (2)': 'b' });
    const missing = await page.evaluate(() =>
      inPage
        .store()
        .read('step-1', 'state.json')
        .catch((error: unknown) => (error as Error).name),
    );
    expect(missing).toBe('MissingFileError');
    await expect(write(page, '../x', 'c')).rejects.toThrow('checkpoint: a name must');
  });

  test('a page that is closed at any file leaves the old one or the new one', async () => {
    const seen = new Set<string | undefined>();
    let closes = 0;
    for (let finished = false; !finished; closes++) {
      const page = await openPage();
      await write(page, 'best', 'old');
      const fate = page.evaluate(
        ([at]) => {
          let count = 0;
          const close: (this: WritableStream) => Promise<void> = Reflect.get(
            FileSystemWritableFileStream.prototype,
            'close',
          );
          return new Promise<string>((resolve) => {
            FileSystemWritableFileStream.prototype.close = function () {
              if (count++ !== at) return close.call(this);
              resolve('stopped');
              return new Promise(() => undefined);
            };
            inPage.write('best', 'new').then(
              () => resolve('done'),
              () => resolve('failed'),
            );
          });
        },
        [closes] as const,
      );
      finished = (await fate) === 'done';
      await page.close();
      const next = await openPage();
      const left = (await contents(next))['best'];
      seen.add(left);
      expect(left).toBe(finished ? 'new' : 'old');
      await write(next, 'other', 'other');
      expect(await folders(next)).toHaveLength(2);
      expect(await contents(next)).toEqual({ best: left, other: 'other' });
      await next.evaluate(() => inPage.store().remove('best'));
      await next.close();
    }
    // Three files, and the write that comes to its end.
    expect(closes).toBe(3 + 1);
    expect(seen).toEqual(new Set(['old', 'new']));
  });

  test('a full disk leaves the old one, no debris, and is told', async () => {
    const page = await openPage();
    await write(page, 'best', 'old');
    const before = await folders(page);
    for (let at = 0; at < 9; at++) {
      const message = await page.evaluate(
        ([at]) => {
          let count = 0;
          const write: FileSystemWritableFileStream['write'] = Reflect.get(
            FileSystemWritableFileStream.prototype,
            'write',
          );
          FileSystemWritableFileStream.prototype.write = function (data) {
            if (count++ === at)
              return Promise.reject(new DOMException('no room', 'QuotaExceededError'));
            return write.call(this, data);
          };
          return inPage
            .write('best', 'new')
            .catch((error: unknown) => (error as Error).message)
            .finally(() => (FileSystemWritableFileStream.prototype.write = write));
        },
        [at] as const,
      );
      expect(message).toBe('checkpoint: could not write best to ./runs/digits: no room');
      expect(await folders(page)).toEqual(before);
      expect(await contents(page)).toEqual({ best: 'old' });
    }
  });

  test('two pages that write at once keep out of each other’s way', async () => {
    const [one, other] = [await openPage(), await openPage()];
    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(
      names.flatMap((name) => [
        write(one, name, name),
        write(other, name, name),
        write(one, 'best', name),
      ]),
    );
    const { best, ...rest } = await contents(other);
    expect(rest).toEqual(Object.fromEntries(names.map((name) => [name, name])));
    expect(names).toContain(best);
    expect(await folders(one)).toHaveLength(5);
  });
});
