import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { historyOf } from './server-run.ts';
import { wandbServer, type WandbServer } from './server.ts';

let server: WandbServer;
beforeEach(async () => {
  server = await wandbServer();
});
afterEach(() => server.close());

const here = import.meta.dirname;

/** Runs the training to its end; fails if it has none. */
async function train(rows: number, end: 'drain' | 'return') {
  const child = spawn(
    process.execPath,
    [
      '--conditions=@tfloop/source',
      `--import=${join(here, '../../../tools/typescript.js')}`,
      join(here, 'upload-process.ts'),
      server.baseUrl,
      String(rows),
      end,
    ],
    { cwd: join(here, '../../..'), timeout: 25_000, stdio: ['ignore', 'pipe', 'pipe'] },
  );
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
