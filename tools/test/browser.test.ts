import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { chromium, type Browser } from 'playwright-core';
import { exampleOf } from '../readme-example.ts';

const root = join(import.meta.dirname, '../..');
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const wasmFolder = join(
  dirname(
    createRequire(import.meta.filename).resolve('@tensorflow/tfjs-backend-wasm/package.json'),
  ),
  'dist',
);

let server: Server;
let browser: Browser;
let script: string;

async function bundleExample(): Promise<string> {
  const contents = exampleOf(await readFile(join(root, 'README.md'), 'utf8'));
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: join(root, 'tools'), loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['@tfloop/source', 'browser'],
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
}

function serve(): Promise<Server> {
  const types: Record<string, string> = { '.wasm': 'application/wasm', '.js': 'text/javascript' };
  const made = createServer((request, response) => {
    const path = request.url ?? '/';
    const type = types[path.slice(path.lastIndexOf('.'))] ?? 'text/html';
    const body = path.endsWith('.wasm')
      ? readFile(join(wasmFolder, path.slice(1)))
      : path === '/example.js'
        ? Promise.resolve(script)
        : Promise.resolve('<!doctype html><script type="module" src="example.js"></script>');
    body.then(
      (content) => response.writeHead(200, { 'content-type': type }).end(content),
      () => response.writeHead(404).end(),
    );
  });
  return new Promise((resolve) => made.listen(0, '127.0.0.1', () => resolve(made)));
}

const found = existsSync(executablePath);
const remedy = `there is no ${executablePath}; install Debian's chromium, or name another in CHROMIUM`;
// Elsewhere people may do without a browser; CI has to have one.
const mayBeSkipped = !process.env['CI'];
if (!found && mayBeSkipped) console.warn(`browser test skipped: ${remedy}`);

(found || !mayBeSkipped ? describe : describe.skip)('in Chromium', () => {
  beforeAll(async () => {
    if (!found) throw new Error(remedy);
    script = await bundleExample();
    server = await serve();
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
  afterAll(async () => {
    // Neither is there after a failed start.
    await (browser as Browser | undefined)?.close();
    (server as Server | undefined)?.close();
  });

  test('the README’s example trains two epochs on WASM', async () => {
    const page = await browser.newPage();
    const lines: string[] = [];
    const errors: Error[] = [];
    page.on('console', (message) => lines.push(message.text()));
    page.on('pageerror', (error) => errors.push(error));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    while (!lines.some((line) => line.includes('trainLoss')) && errors.length === 0)
      await page.waitForTimeout(50);
    expect(errors).toEqual([]);
    expect(lines.find((line) => line.startsWith('@tfloop/backend'))).toContain('wasm');
    const table = lines.find((line) => line.includes('trainLoss')) ?? '';
    const accuracies = table
      .split('\n')
      .slice(1)
      .map((row) => Number(row.trim().split(/\s+/)[4]));
    expect(accuracies).toHaveLength(2);
    expect(accuracies[1]).toBeGreaterThan(0.8);
  });
});
