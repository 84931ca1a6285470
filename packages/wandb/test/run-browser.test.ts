import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { StdinOptions } from 'esbuild';
import type { BrowserContext, Page } from 'playwright-core';
import { describeInChromium } from '@tfloop/tools/chromium';
import type { FinishReport } from '../src/finish-report.ts';
import { historyOf } from './server-run.ts';
import { wandbServer, type WandbServer } from './server.ts';

const source = (...path: string[]): string => join(import.meta.dirname, '..', 'src', ...path);

/** What the page has for the tests; its own address is the service's. */
const PAGE = `
  import { opfsFiles } from '${source('platform', 'opfs-files.ts')}';
  import { openRun } from '${source('run.ts')}';
  import { syncRun } from '${source('sync-run.ts')}';
  import { wandbImage } from '${source('media', 'image.ts')}';
  import { wandbTable } from '${source('media', 'table.ts')}';
  const service = { apiKey: 'k'.repeat(40), baseUrl: location.origin };
  const open = (options) => openRun({ ...service, ...options }, { timing: { interval: 20 } });
  const keptFiles = async () => {
    const found = {};
    const visit = async (folder, at) => {
      for await (const [name, handle] of folder)
        if (handle.kind === 'directory') await visit(handle, at + name + '/');
        // What the browser writes to until a file is closed.
        else if (!name.endsWith('.crswap')) found[at + name] = (await handle.getFile()).size;
    };
    await visit(await navigator.storage.getDirectory(), '');
    return found;
  };
  const meet = () => new Promise((resolve) => {
    const channel = new BroadcastChannel('meet');
    channel.onmessage = ({ data }) => {
      if (data === 'here') channel.postMessage('both');
      channel.close();
      resolve();
    };
    channel.postMessage('here');
  });
  globalThis.inPage = {
    async upload() {
      const run = await open({ id: 'page' });
      console.log('printed');
      console.log(Object.create(null), Symbol('s'));
      for (let i = 0; i < 500; i++) run.log({ i });
      run.log({ table: wandbTable({ columns: ['a'], data: [[1]] }) });
      return run.finish();
    },
    async begin() {
      const run = await open({ id: 'kept', stats: false });
      globalThis.kept = run;
      for (let i = 0; i < 50; i++) run.log({ i });
      run.log({ i: 50, picture: wandbImage({ pixels: new Uint8Array([0, 255]), width: 2, height: 1 }) });
      run.log({ i: 51, half: true }, { step: 51 });
      run.sync();
      return run.folder;
    },
    async beside() {
      const run = await open({ resume: 'auto', mode: 'offline' });
      const { id, folder } = run;
      run.log({ beside: 1 });
      await run.finish();
      return [id, folder];
    },
    async goOn() {
      const run = await open({ resume: 'auto', stats: false });
      const { id, step } = run;
      run.log({ i: 52 });
      const { syncCommand } = await run.finish();
      return { id, step, syncCommand };
    },
    async atOnce(id, resume) {
      const query = navigator.locks.query.bind(navigator.locks);
      // Both pages have looked who writes before one of them does.
      navigator.locks.query = async () => {
        const found = await query();
        await meet();
        return found;
      };
      try {
        const run = await open({ id, resume, mode: 'offline', stats: false });
        for (let i = 0; i < 20; i++) run.log({ by: run.id });
        await meet();
        await run.finish(1);
        return { id: run.id, folder: run.folder };
      } catch (error) {
        await meet();
        return { refused: error.message };
      } finally {
        navigator.locks.query = query;
      }
    },
    async fill(rows) {
      const run = await open({ id: 'full', mode: 'offline', console: false, stats: false });
      for (let i = 0; i < rows; i++) {
        run.log({ i, text: 'x'.repeat(10_000) });
        if (i !== 9) continue;
        // The first are in the file before the rest is too much.
        run.sync();
        const log = run.folder.slice(2) + '/run-full.wandb';
        while (!((await keptFiles())[log] > 100_000)) await new Promise((next) => setTimeout(next, 20));
      }
      return { folder: run.folder, report: await run.finish() };
    },
    async hang(what) {
      const never = () => new Promise(() => undefined);
      const { setTimeout } = globalThis;
      // The limits of the begin and the end, and not those of requests.
      globalThis.setTimeout = (work, time) => setTimeout(work, [5000, 10_000].includes(time) ? 500 : time);
      if (what === 'opening') navigator.storage.getDirectory = never;
      else FileSystemFileHandle.prototype.createWritable = never;
      const run = await open({ id: what, mode: what === 'opening' ? 'online' : 'offline', stats: false });
      for (let i = 0; i < 5; i++) run.log({ i });
      return { folder: run.folder, report: await run.finish() };
    },
    async inMemory() {
      const { logFiles, folders } = await opfsFiles('.', console.error);
      const bytes = new Uint8Array(100_000).fill(7);
      const write = async (path) => {
        const sink = logFiles.create(path);
        for (let i = 0; i < 4; i++) sink.write(bytes.subarray(0, 25_000));
        await folders.leave('wandb/a');
        return logFiles.read(path);
      };
      const isThere = (source) => {
        try {
          return source.read(0, new Uint8Array(100));
        } catch (error) {
          return error.message;
        }
      };
      const first = isThere(await write('wandb/a/run-a.wandb'));
      const sink = logFiles.create('wandb/b/run-b.wandb');
      sink.write(bytes);
      const source = logFiles.read('wandb/b/run-b.wandb');
      await folders.leave('wandb/a');
      const { getFile } = FileSystemFileHandle.prototype;
      let fromFile = 0;
      FileSystemFileHandle.prototype.getFile = function () {
        fromFile++;
        return getFile.call(this);
      };
      folders.write('wandb/a/files/x.bin', bytes);
      const before = await folders.read('wandb/a/files/x.bin');
      await folders.leave('wandb/a');
      const after = await folders.read('wandb/a/files/x.bin');
      FileSystemFileHandle.prototype.getFile = getFile;
      const isSame = (read) => read.length === 100_000 && read.every((byte) => byte === 7);
      return { first, read: isThere(source), file: [isSame(before), isSame(after), fromFile] };
    },
    async goneMeanwhile() {
      const { entries } = FileSystemDirectoryHandle.prototype;
      const gone = async function* () {
        if (this.name.startsWith('offline-run-')) throw new DOMException('gone', 'NotFoundError');
        yield* entries.call(this);
      };
      FileSystemDirectoryHandle.prototype[Symbol.asyncIterator] = gone;
      const run = await open({ id: 'later', mode: 'offline', stats: false });
      await run.finish();
      return run.folder;
    },
    async filesRead(options) {
      const read = [];
      const { getFile } = FileSystemFileHandle.prototype;
      FileSystemFileHandle.prototype.getFile = function () {
        read.push(this.name);
        return getFile.call(this);
      };
      try {
        const run = await open({ mode: 'offline', console: false, stats: false, ...options });
        run.log({ a: 1 });
        await run.finish(1);
        return read;
      } finally {
        FileSystemFileHandle.prototype.getFile = getFile;
      }
    },
    sync: (folder) => syncRun(folder, service),
    keptFiles,
  };
`;

interface Ended {
  readonly folder: string | undefined;
  readonly report: FinishReport;
}

interface InPage {
  upload(): Promise<unknown>;
  begin(): Promise<string | undefined>;
  beside(): Promise<[id: string, folder: string]>;
  goOn(): Promise<unknown>;
  atOnce(
    id: string,
    resume: string,
  ): Promise<{ readonly id?: string; readonly folder?: string; readonly refused?: string }>;
  fill(rows: number): Promise<Ended>;
  hang(what: 'opening' | 'writing'): Promise<Ended>;
  inMemory(): Promise<unknown>;
  goneMeanwhile(): Promise<string | undefined>;
  filesRead(options: object): Promise<string[]>;
  sync(folder: string): Promise<unknown>;
  keptFiles(): Promise<Record<string, number>>;
}
declare const inPage: InPage;

const page = (): StdinOptions => ({ contents: PAGE, resolveDir: import.meta.dirname });

describeInChromium('in a browser', { script: page }, (site) => {
  let server: WandbServer;
  let context: BrowserContext;
  const errors: string[] = [];
  const shown: string[] = [];

  beforeEach(async () => {
    server = await wandbServer();
    context = await site().browser.newContext();
    await context.route('**/page.html', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: '<script type="module" src="page.js"></script>',
      }),
    );
    await context.route('**/page.js', async (route) => {
      const script = await fetch(`${site().url}page.js`);
      await route.fulfill({ contentType: 'text/javascript', body: await script.text() });
    });
    errors.length = 0;
    shown.length = 0;
  });
  afterEach(async () => {
    await context.close();
    await server.close();
    expect(errors).toEqual([]);
  });

  const openPage = async (): Promise<Page> => {
    const page = await context.newPage();
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => shown.push(message.text()));
    await page.goto(`${server.baseUrl}/page.html`);
    await page.waitForFunction('globalThis.inPage');
    return page;
  };

  test('a run is uploaded, and nothing of it stays', async () => {
    const page = await openPage();
    expect(await page.evaluate(() => inPage.upload())).toEqual({
      rows: 501,
      uploadedRows: 501,
      pendingRows: 0,
      lostRows: 0,
      tooLongRows: 0,
      pendingFiles: 0,
    });
    const run = server.run('page');
    expect(
      historyOf(run)
        .slice(0, 500)
        .map(({ i }) => i),
    ).toEqual(Array.from({ length: 500 }, (_, i) => i));
    expect(Object.keys(run?.files ?? {})).toEqual([expect.stringMatching(/^media\/table\//)]);
    expect(run).toMatchObject({ complete: true, exitCode: 0, faults: [] });
    expect(run?.lines['output.log'].join('\n')).toMatch(/printed\n.*\[object Object\] Symbol\(s\)/);
    expect(await page.evaluate(() => inPage.keptFiles())).toEqual({});
  });

  test('what a page could not upload is there for the next one', async () => {
    server.setFaults([{ effect: { kind: 'status', status: 503 } }]);
    const page = await openPage();
    const folder = await page.evaluate(() => inPage.begin());
    expect(folder).toMatch(/^\.\/wandb\/offline-run-\d{8}_\d{6}-kept$/);
    const log = `${folder?.slice(2)}/run-kept.wandb`;
    await until(async () => ((await page.evaluate(() => inPage.keptFiles()))[log] ?? 0) > 3000);

    // The one that runs is not taken by another page.
    const other = await openPage();
    const [id, beside] = await other.evaluate(() => inPage.beside());
    expect(id).not.toBe('kept');
    await other.close();
    await page.close();

    server.setFaults([]);
    const next = await openPage();
    await next.evaluate(() => inPage.upload());
    for (const left of [folder, beside])
      expect(shown).toContain(`wandb: ${left} is not uploaded yet: syncRun("${left}")`);
    expect(await next.evaluate((path) => inPage.sync(path), beside)).toMatchObject({
      rows: 1,
      pendingRows: 0,
    });
    expect(historyOf(server.run(id))).toMatchObject([{ beside: 1 }]);
    expect(await next.evaluate(() => inPage.goOn())).toEqual({ id: 'kept', step: 52 });
    const run = server.run('kept');
    expect(historyOf(run).map(({ i, _step }) => [i, _step])).toEqual(
      Array.from({ length: 53 }, (_, i) => [i, i]),
    );
    expect(Object.keys(run?.files ?? {})).toEqual([
      expect.stringMatching(/^media\/images\/picture_50_/),
    ]);
    expect(run).toMatchObject({ complete: true, exitCode: 0, faults: [] });
    expect(await next.evaluate(() => inPage.keptFiles())).toEqual({});
    expect(shown.join('\n')).not.toContain('kkkk');
  });

  test('two pages that open a run at the same moment never write both', async () => {
    const pages = [await openPage(), await openPage()];
    const both = (resume: string) =>
      Promise.all(
        pages.map((page) => page.evaluate((rule) => inPage.atOnce('same', rule), resume)),
      );
    const begun = await both('allow');
    expect(begun.filter(({ id }) => id === 'same')).toHaveLength(1);
    expect(begun.filter(({ id }) => /^same-.{4}$/.test(id ?? ''))).toHaveLength(1);
    expect(shown.join()).toContain('(a page or worker of this origin)');
    const gone = await both('must');
    expect(gone.filter(({ id }) => id === 'same')).toHaveLength(1);
    expect(gone.map(({ refused }) => refused)).toContainEqual(
      expect.stringMatching(/resume is 'must', but another process is writing .*-same/),
    );
    const [page] = pages;
    for (const { id = '', folder = '' } of begun) {
      const rows = id === 'same' ? 40 : 20;
      expect(await page?.evaluate((path) => inPage.sync(path), folder)).toMatchObject({ rows });
      expect(historyOf(server.run(id)).map(({ by }) => by)).toEqual(Array(rows).fill(id));
    }
  });

  test('what the quota has no room for is counted and told of', async () => {
    const page = await openPage();
    const session = await context.newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', {
      origin: server.baseUrl,
      quotaSize: 400_000,
    });
    const { folder = '', report } = await page.evaluate(() => inPage.fill(100));
    expect(shown.join('\n')).toMatch(/run-full\.wandb can't be written .*\(.*quota.*\)/i);
    expect(report).toMatchObject({ rows: 100, pendingRows: 100 });
    expect(report.lostRows).toBeGreaterThan(0);
    expect(report.lostRows).toBeLessThan(100);
    expect(shown).toContain(
      `wandb: ${report.lostRows} of 100 rows could not be written to ${folder}, and are lost`,
    );
    await session.send('Storage.overrideQuotaForOrigin', { origin: server.baseUrl });
    await page.evaluate((path) => inPage.sync(path), folder);
    expect(historyOf(server.run('full')).map(({ i }) => i)).toEqual(
      Array.from({ length: 100 - report.lostRows }, (_, i) => i),
    );
  });

  test('a file system that never answers holds up neither the begin nor the end', async () => {
    const page = await openPage();
    const writing = await page.evaluate(() => inPage.hang('writing'));
    expect(writing.report).toMatchObject({ rows: 5, lostRows: 5 });
    await page.close();
    const other = await openPage();
    const opening = await other.evaluate(() => inPage.hang('opening'));
    expect(opening.folder).toBeUndefined();
    expect(opening.report).toMatchObject({ rows: 5, uploadedRows: 5, lostRows: 0 });
    expect(shown.filter((line) => line.includes('there was no answer in 10 s'))).toHaveLength(1);
    expect(historyOf(server.run('opening')).map(({ i }) => i)).toEqual([0, 1, 2, 3, 4]);
  });

  test('what is in the file system, and nobody reads, is not in memory any more', async () => {
    const page = await openPage();
    expect(await page.evaluate(() => inPage.inMemory())).toEqual({
      first: 'log: byte 0 is no longer in memory',
      read: 100,
      file: [true, true, 1],
    });
  });

  test('of the runs that are left only the one that is gone on with is read', async () => {
    const page = await openPage();
    const read = (options: object) => page.evaluate((given) => inPage.filesRead(given), options);
    expect(await read({ id: 'a' })).toEqual([]);
    expect(await read({ id: 'b' })).toEqual([]);
    expect(await read({ id: 'c' })).toEqual([]);
    expect(await read({ id: 'b', resume: 'allow' })).toEqual(['run-b.wandb']);
    // Nor does it matter that another page removes one at the same time.
    expect(await page.evaluate(() => inPage.goneMeanwhile())).toMatch(/-later$/);
  });
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await setTimeout(20);
}
