import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { bundleProgram } from '@tfloop/tools/bundle-program';
import { expectSameTraining } from './expect-same-training.ts';
import type { Trained } from './train-on.ts';

interface Said {
  readonly refusal: string;
  /** The back end after the refusal. */
  readonly still: string;
  readonly cpu: Trained;
  readonly gpu?: Trained;
}

// Debian's Chromium brings Vulkan's loader and a driver that computes on the processor.
const chromium = '/usr/lib/chromium';
const swiftShader = join(chromium, 'vk_swiftshader_icd.json');
const trains = existsSync(swiftShader) || process.env['CI'];
if (!trains) console.warn(`WebGPU in Node: training is skipped, there is no ${swiftShader}`);

test('in Node, WebGPU is refused with the reason, trains as the CPU does, and lets the process end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'webgpu-'));
  const program = await bundleProgram(join(import.meta.dirname, 'webgpu-process.ts'), folder);
  // It rejects where the process stays alive, or ends badly.
  const { stdout } = await promisify(execFile)(process.execPath, [program], {
    env: { ...process.env, ...(trains ? { DRIVER: swiftShader, LD_LIBRARY_PATH: chromium } : {}) },
    timeout: 110_000,
  });
  rmSync(folder, { recursive: true });
  const { refusal, still, cpu, gpu } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Said;
  expect(refusal).toMatch(
    /^UnavailableError: useBackend: webgpu finds no GPU here \(no adapter\): Vulkan has no driver; install .* or use another back end$/,
  );
  expect(still).toBe('cpu');
  if (!trains) return;
  expect(gpu!.description).toMatchObject({
    name: 'webgpu',
    adapter: expect.stringMatching(/^SwiftShader .*, on the processor$/),
  });
  expectSameTraining(gpu!, cpu);
}, 120_000);
