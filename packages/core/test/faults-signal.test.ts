import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';

const here = import.meta.dirname;
const typescript = pathToFileURL(join(here, '..', '..', '..', 'tools', 'typescript.js'));

test('stop() in a signal handler ends the fit with its row, and the program as it wants', async () => {
  const child = spawn(
    process.execPath,
    ['-C', '@tfloop/source', '--import', typescript.href, join(here, 'faults-signal.child.ts')],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let [output, errors] = ['', ''];
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (output === 'begun\n') child.kill('SIGINT');
  });
  const ended = await once(child, 'close');
  expect({ ended, output, errors }).toEqual({
    ended: [130, null],
    output: 'begun\n{"ended":"SIGINT","rows":true,"complete":true,"kept":3}',
    errors: expect.not.stringContaining('Error'),
  });
});
