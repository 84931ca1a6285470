import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { build, type StdinOptions } from 'esbuild';
import { chromium, type Browser } from 'playwright-core';

/** Debian's Chromium, or the one that CHROMIUM names. */
export const chromiumPath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Switches that keep it from asking and from the network. */
const quiet = [
  '--no-sandbox',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** What a page consists of, and how the browser is started. */
export interface PageOptions {
  /** The module that the page runs; it is bundled as an app's bundler would do it. */
  readonly script: () => StdinOptions | Promise<StdinOptions>;
  /** A folder whose `.wasm` files are served beside the page. */
  readonly wasmFolder?: string;
  /** Whether the page is cross-origin isolated, so that it may share memory between threads. @default false */
  readonly isolated?: boolean;
  /** Switches of Chromium's. @default ['--disable-gpu'] */
  readonly args?: readonly string[];
}

/** A browser, and the page's address. */
export interface Site {
  readonly browser: Browser;
  readonly url: string;
}

/**
 * Describes tests in Chromium: one start for all of them. Where there is no Chromium they are skipped with a warning, and
 * in CI they fail. `tests` gets the site by a function, as it is only there while they run.
 */
export function describeInChromium(
  name: string,
  { script, wasmFolder, isolated = false, args = ['--disable-gpu'] }: PageOptions,
  tests: (site: () => Site) => void,
): void {
  const found = existsSync(chromiumPath);
  const remedy = `there is no ${chromiumPath}; install Debian's chromium, or name another in CHROMIUM`;
  // Elsewhere people may do without a browser; CI has to have one.
  const mayBeSkipped = !process.env['CI'];
  if (!found && mayBeSkipped) console.warn(`${name}: skipped, ${remedy}`);

  (found || !mayBeSkipped ? describe : describe.skip)(name, () => {
    let server: Server | undefined;
    let site: Site | undefined;

    beforeAll(async () => {
      if (!found) throw new Error(remedy);
      server = await serve(await bundle(await script()), wasmFolder, isolated ? isolation : {});
      const browser = await chromium.launch({
        executablePath: chromiumPath,
        args: [...quiet, ...args],
      });
      site = { browser, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
    });
    afterAll(async () => {
      await site?.browser.close();
      server?.close();
    });

    tests(() => {
      if (site === undefined) throw new Error('the browser has not been started yet');
      return site;
    });
  });
}

async function bundle(stdin: StdinOptions): Promise<string> {
  const { outputFiles } = await build({
    stdin,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['@tfloop/source', 'browser'],
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
}

/** What a server has to say for a page to be isolated. */
const isolation = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

async function serve(
  code: string,
  wasmFolder: string | undefined,
  headers: Readonly<Record<string, string>>,
): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const send = (type: string, content: string | Buffer) =>
      response.writeHead(200, { 'content-type': type, ...headers }).end(content);
    if (path === '/page.js') send('text/javascript', code);
    else if (path === '/')
      send('text/html', '<!doctype html><script type="module" src="page.js"></script>');
    else if (path.endsWith('.wasm') && wasmFolder !== undefined)
      readFile(join(wasmFolder, path)).then(
        (content) => send('application/wasm', content),
        () => response.writeHead(404).end(),
      );
    else response.writeHead(404).end();
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
