import { backend } from '@tensorflow/tfjs';
import { platform } from '#platform';
import { noteKernelLibrary } from '../native/library/note-kernel-library.ts';
import type { TensorFlow } from '../native/tensorflow.ts';
import { activeBackend } from '../wasm/active-backend.ts';
import { prepareSideModule } from '../wasm/side/side-module.ts';

const problems = new Map<string, string>();

/** Gets ready what a back end's overrides need and can't wait for when they run; call it while tfjs computes on it. */
export async function prepareOverrides(engineName: string): Promise<void> {
  switch (engineName) {
    case 'wasm':
      note(engineName, 'fused kernels', await prepareSideModule(activeBackend()));
      break;
    case 'tensorflow':
      note(engineName, 'kernels in C', noteKernelLibrary(loadKernels));
      break;
  }
}

function loadKernels(): string | undefined {
  const { isUsingGpuDevice } = backend() as TensorFlow;
  return isUsingGpuDevice ? 'they are for the processor, not for a GPU' : platform.loadKernels();
}

function note(engineName: string, what: string, problem: string | undefined): void {
  if (problem === undefined) problems.delete(engineName);
  else problems.set(engineName, `no ${what}, as ${problem}`);
}

/** What a back end's overrides lack and why; undefined where they lack nothing. */
export function lackOf(engineName: string): string | undefined {
  return problems.get(engineName);
}
