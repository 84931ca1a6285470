import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

test('a reader of standard error that is gone does not end the program', async () => {
  const root = join(import.meta.dirname, '../../..');
  const notice = join(import.meta.dirname, '../src/notice/node.ts');
  const program = `
    import { once } from 'node:events';
    import { notice } from '${notice}';
    process.stdin.resume();
    await once(process.stdin, 'end');
    for (let i = 0; i < 3; i++) {
      notice('a line');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    console.log('done');`;
  const child = spawn(
    process.execPath,
    [`--import=${join(root, 'tools/typescript.js')}`, '--input-type=module', '-e', program],
    { cwd: root },
  );
  let output = '';
  child.stdout.on('data', (part) => (output += String(part)));
  child.stderr.destroy();
  child.stdin.end();
  child.stdin.on('error', () => undefined);
  const [code] = (await once(child, 'close')) as [number | null];
  expect({ code, output }).toEqual({ code: 0, output: 'done\n' });
});
