import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { bundleProgram } from '@tfloop/tools/bundle-program';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyOf } from './server-run.ts';
import { wandbServer, type WandbServer } from './server.ts';

let folder: string;
let program: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tfloop-upload-'));
  program = await bundleProgram(join(import.meta.dirname, 'upload-process.ts'), folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

let server: WandbServer;
beforeEach(async () => {
  server = await wandbServer();
});
afterEach(() => server.close());

/** Runs the training to its end; fails if it has none. */
async function train(rows: number, end: 'drain' | 'return') {
  const child = spawn(process.execPath, [program, server.baseUrl, String(rows), end], {
    timeout: 25_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (part) => (output += String(part)));
  child.stderr.on('data', (part) => (errors += String(part)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, errors, report: JSON.parse(output) as Record<string, unknown> };
}

test.each(['hang', 'refuse'] as const)(
  'a training that ends without a drain is not kept by a service that would %s',
  async (way) => {
    if (way === 'hang') server.setFaults([{ effect: { kind: 'hang' } }]);
    else await server.goDown();
    const { code, errors } = await train(10, 'return');
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    // It had asked.
    if (way === 'hang') expect(server.struck).toBeGreaterThan(0);
  },
);

test('100,000 rows go through bounded memory', async () => {
  const { code, report } = await train(100_000, 'drain');
  expect(code).toBe(0);
  expect(report).toMatchObject({ uploadedRows: 100_000, complete: true });
  expect(historyOf(server.run('r1'))).toHaveLength(100_000);
  // Rows of 45 bytes are 4.5 MB, and a request has 10 MiB at most.
  expect(report.megabytes).toBeLessThan(150);
}, 40_000);
