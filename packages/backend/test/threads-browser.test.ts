import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { describeInChromium } from '@tfloop/tools/chromium';
import type { trainOnThreads } from './train-on-threads.ts';

declare const inPage: { readonly trainOnThreads: typeof trainOnThreads };

const script = () => ({
  contents: `
import { trainOnThreads } from './train-on-threads.ts';
globalThis.inPage = { trainOnThreads };
`,
  resolveDir: import.meta.dirname,
  loader: 'ts' as const,
});

const wasmPackage = createRequire(import.meta.filename).resolve(
  '@tensorflow/tfjs-backend-wasm/package.json',
);
const wasmFolder = join(dirname(wasmPackage), 'dist');

describeInChromium(
  'threads in an isolated page',
  { script, wasmFolder, isolated: true },
  (site) => {
    test('training on two threads gives the bits of one, and nothing is left of them', async () => {
      const page = await site().browser.newPage();
      const errors: Error[] = [];
      page.on('pageerror', (error) => errors.push(error));
      // tfjs takes half of the cores that it hears of.
      await page.addInitScript(
        `Object.defineProperty(navigator, 'hardwareConcurrency', { value: 4 })`,
      );
      await page.goto(site().url);
      await page.waitForFunction(() => 'inPage' in globalThis);
      const train = (threads: number) =>
        page.evaluate((count) => inPage.trainOnThreads(count), threads);

      const two = await train(2);
      expect(two).toMatchObject({ description: { threads: 2 }, sideThreads: 2 });
      expect(two.description.reason).toBe('asked for by the backend option');
      expect(two.losses[1]).toBeLessThan(two.losses[0]!);

      const one = await train(1);
      expect(one).toMatchObject({
        description: { threads: 1 },
        sideThreads: 1,
        losses: two.losses,
      });
      expect(one.bits).toEqual(two.bits);
      // Chromium gives a worker that sleeps two seconds to end by itself.
      await Promise.all(page.workers().map((worker) => worker.waitForEvent('close')));
      expect(page.workers()).toEqual([]);

      expect((await train(2)).bits).toEqual(one.bits);
      await page.close();
      expect(page.workers()).toEqual([]);
      expect(errors).toEqual([]);
    });
  },
);
