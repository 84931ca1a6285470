import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readmeExample } from '../readme-example.ts';

let directory: string;

// Beside this file, so that the examples' imports resolve.
beforeEach(async () => {
  directory = await mkdtemp(join(import.meta.dirname, 'readme-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function readme(...lines: string[]): Promise<void> {
  const text = ['# Name', '```sh', 'npm install', '```', '```ts', ...lines, '```', 'The end.', ''];
  await writeFile(join(directory, 'README.md'), text.join('\n'));
  await readmeExample(directory);
}

test('runs the first ts block, with imports, types and await', async () => {
  const run = readme(
    "import * as tf from '@tensorflow/tfjs';",
    "import { check } from '@tfloop/core';",
    'const sum: number = (await tf.tidy(() => tf.sum([1, 2])).data())[0] ?? 0;',
    "check.integer('example', 'sum', sum, { max: 2 });",
  );
  await expect(run).rejects.toThrow('example: sum must be an integer <= 2, got 3');
});

test('prints nothing', async () => {
  const lines: unknown[] = [];
  const { log } = console;
  console.log = (line) => lines.push(line);
  try {
    await readme("console.log('loud'); console.table([1]);");
  } finally {
    console.log = log;
  }
  expect(lines).toEqual([]);
});

test('refuses an example of more than 15 lines, and a README without one', async () => {
  await expect(readme(...Array<string>(15).fill(';'))).resolves.toBeUndefined();
  await expect(readme(...Array<string>(16).fill(';'))).rejects.toThrow('at most 15 lines, got 16');
  await writeFile(join(directory, 'README.md'), '```js\n1\n```\n');
  await expect(readmeExample(directory)).rejects.toThrow('README.md: there is no ```ts block');
});
