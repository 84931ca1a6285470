import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { bundleProgram } from '@tfloop/tools/bundle-program';

test('stop() in a signal handler ends the fit with its row, and the program as it wants', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'signal-'));
  const program = await bundleProgram(join(import.meta.dirname, 'faults-signal.child.ts'), folder);
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [output, errors] = ['', ''];
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (output === 'begun\n') child.kill('SIGINT');
  });
  const ended = await once(child, 'close');
  rmSync(folder, { recursive: true });
  expect({ ended, output, errors }).toEqual({
    ended: [130, null],
    output: 'begun\n{"ended":"SIGINT","rows":true,"complete":true,"kept":3}',
    errors: expect.not.stringContaining('Error'),
  });
});
