import { expect, test } from '@jest/globals';
import { describeInChromium } from '@tfloop/tools/chromium';
import { expectSameTraining } from './expect-same-training.ts';
import type { trainOn } from './train-on.ts';

declare const inPage: {
  readonly trainOn: typeof trainOn;
  /** What `useBackend({ backend: 'webgpu' })` says before the app has imported tfjs's back end for it. */
  readonly early: string;
};

const script = () => ({
  contents: `
import { useBackend } from '@tfloop/backend';
import { trainOn } from './train-on.ts';

const early = await useBackend({ backend: 'webgpu' }).then(() => '', (error) => error.message);
await import('@tensorflow/tfjs-backend-webgpu');
globalThis.inPage = { trainOn, early };
`,
  resolveDir: import.meta.dirname,
  loader: 'ts' as const,
});

// Chromium brings a GPU for WebGL and for WebGPU that computes on the processor.
const args = [
  // On a busy machine it would take the slow adapters for hung ones.
  '--disable-gpu-watchdog',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
];

describeInChromium('GPU back ends in Chromium', { script, args }, (site) => {
  test('WebGL and WebGPU train as the CPU does, and WebGPU is refused with the reason', async () => {
    const page = await site().browser.newPage();
    const lines: string[] = [];
    page.on('console', (message) => lines.push(message.text()));
    await page.goto(site().url);
    await page.waitForFunction(() => 'inPage' in globalThis);
    const trained = await page
      .evaluate(async () => ({
        cpu: await inPage.trainOn('cpu'),
        webgl: await inPage.trainOn('webgl'),
        webgpu: await inPage.trainOn('webgpu'),
      }))
      .catch((error: unknown) => {
        // tfjs says on the console why a back end did not start.
        throw new Error([String(error), ...lines].join('\n'));
      });
    const { cpu, webgl, webgpu } = trained;
    expect(await page.evaluate(() => inPage.early)).toContain('tfjs has no webgpu back end yet');
    expectSameTraining(webgl, cpu);
    expectSameTraining(webgpu, cpu);
    expect(webgl.description.adapter).toContain('SwiftShader');
    expect(webgpu.description.adapter).toBe('google swiftshader, on the processor');
    expect(lines).toContain(
      '@tfloop/backend: webgpu (@tensorflow/tfjs-backend-webgpu 4.22.0, google swiftshader, on the processor): asked for by the backend option',
    );
  });

  test.each([
    ['no WebGPU', 'undefined', 'there is no WebGPU here (navigator.gpu is missing)'],
    ['no adapter', '{ requestAdapter: async () => null }', 'finds no GPU for it (no adapter)'],
  ])('a browser with %s', async (_, gpu, reason) => {
    const page = await site().browser.newPage();
    await page.addInitScript(`Object.defineProperty(navigator, 'gpu', { value: ${gpu} })`);
    await page.goto(site().url);
    await page.waitForFunction(() => 'inPage' in globalThis);
    expect(await page.evaluate(() => inPage.early)).toContain(reason);
  });
});
