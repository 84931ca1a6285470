import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { historyOf } from './server-run.ts';
import { wandbServer, type WandbServer } from './server.ts';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const found = existsSync(executablePath);
if (!found)
  console.warn(
    `the test in a browser is skipped: there is no ${executablePath}; name another in CHROMIUM`,
  );

const source = (...path: string[]): string => join(import.meta.dirname, '..', 'src', ...path);

/** What the page has for the tests; its own address is the service's. */
const PAGE = `
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
        else found[at + name] = (await handle.getFile()).size;
    };
    await visit(await navigator.storage.getDirectory(), '');
    return found;
  };
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
    sync: (folder) => syncRun(folder, service),
    keptFiles,
  };
`;

interface InPage {
  upload(): Promise<unknown>;
  begin(): Promise<string | undefined>;
  beside(): Promise<[id: string, folder: string]>;
  goOn(): Promise<unknown>;
  sync(folder: string): Promise<unknown>;
  keptFiles(): Promise<Record<string, number>>;
}
declare const inPage: InPage;

(found ? describe : describe.skip)('in a browser', () => {
  let server: WandbServer;
  let browser: Browser;
  let script: string;
  let context: BrowserContext;
  const errors: string[] = [];
  const shown: string[] = [];

  beforeAll(async () => {
    const built = await build({
      stdin: { contents: PAGE, resolveDir: import.meta.dirname },
      bundle: true,
      format: 'esm',
      platform: 'browser',
      conditions: ['@tfloop/source', 'browser'],
      write: false,
      logLevel: 'error',
    });
    script = built.outputFiles[0]?.text ?? '';
    browser = await chromium.launch({
      executablePath,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    server = await wandbServer();
    context = await browser.newContext();
    await context.route('**/page.html', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: '<script type="module" src="page.js"></script>',
      }),
    );
    await context.route('**/page.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: script }),
    );
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
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await setTimeout(20);
}
