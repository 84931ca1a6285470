import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { historyOf } from './server-run.ts';
import { wandbServer } from './server.ts';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const found = existsSync(executablePath);
if (!found)
  console.warn(
    `the test in a browser is skipped: there is no ${executablePath}; name another in CHROMIUM`,
  );

/** What the page does; its own address is the service's. */
const PAGE = `
  import { openRun } from '${join(import.meta.dirname, '..', 'src', 'run.ts')}';
  import { wandbTable } from '${join(import.meta.dirname, '..', 'src', 'media', 'table.ts')}';
  const run = await openRun({ id: 'page', apiKey: 'k'.repeat(40), baseUrl: location.origin }, { timing: { interval: 20 } });
  console.log('printed');
  console.log(Object.create(null), Symbol('s'));
  for (let i = 0; i < 500; i++) run.log({ i });
  run.log({ table: wandbTable({ columns: ['a'], data: [[1]] }) });
  globalThis.report = await run.finish();
`;

(found ? test : test.skip)('in a browser a run is uploaded from memory', async () => {
  const server = await wandbServer();
  const { outputFiles } = await build({
    stdin: { contents: PAGE, resolveDir: import.meta.dirname },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['@tfloop/source', 'browser'],
    write: false,
    logLevel: 'error',
  });
  const browser = await chromium.launch({
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
  try {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.route('**/page.html', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: '<script type="module" src="page.js"></script>',
      }),
    );
    await page.route('**/page.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: outputFiles[0]?.text ?? '' }),
    );
    await page.goto(`${server.baseUrl}/page.html`);
    const report = await page.waitForFunction('globalThis.report');
    expect(await report.jsonValue()).toEqual({
      rows: 501,
      uploadedRows: 501,
      pendingRows: 0,
      pendingFiles: 0,
    });
    expect(errors).toEqual([]);
    expect(
      historyOf(server.run('page'))
        .slice(0, 500)
        .map(({ i }) => i),
    ).toEqual(Array.from({ length: 500 }, (_, i) => i));
    expect(Object.keys(server.run('page')?.files ?? {})).toEqual([
      expect.stringMatching(/^media\/table\//),
    ]);
    expect(server.run('page')).toMatchObject({ complete: true, exitCode: 0, faults: [] });
    expect(server.run('page')?.lines['output.log'].join('\n')).toMatch(
      /printed\n.*\[object Object\] Symbol\(s\)/,
    );
  } finally {
    await browser.close();
    await server.close();
  }
});
