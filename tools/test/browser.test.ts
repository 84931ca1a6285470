import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { describeInChromium } from '../chromium.ts';
import { exampleOf } from '../readme-example.ts';

const root = join(import.meta.dirname, '../..');
const wasmPackage = createRequire(import.meta.filename).resolve(
  '@tensorflow/tfjs-backend-wasm/package.json',
);

const script = async () => ({
  contents: exampleOf(await readFile(join(root, 'README.md'), 'utf8')),
  resolveDir: join(root, 'tools'),
  loader: 'ts' as const,
});

describeInChromium(
  'in Chromium',
  { script, wasmFolder: join(dirname(wasmPackage), 'dist') },
  (site) => {
    test('the README’s example trains two epochs on WASM', async () => {
      const page = await site().browser.newPage();
      const lines: string[] = [];
      const errors: Error[] = [];
      page.on('console', (message) => lines.push(message.text()));
      page.on('pageerror', (error) => errors.push(error));
      await page.goto(site().url);
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
  },
);
