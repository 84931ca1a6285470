import { findBackendFactory } from '@tensorflow/tfjs';
import { messageOf } from '../message-of.ts';
import { findAdapter } from './find-adapter.ts';
import type { Refusal, WebgpuOffer } from './platform.ts';
import { whyNoAdapter } from './why-no-adapter.ts';

/** Node 20 has no navigator, and no Node a GPU in it. */
const host = globalThis as { navigator?: Partial<Navigator> };

const install = 'run `npm install webgpu @tensorflow/tfjs-backend-webgpu`';

/**
 * Finds a GPU by Dawn, the WebGPU of the npm package `webgpu`: Dawn becomes `navigator.gpu`, where tfjs's back end looks
 * for it, only when it has an adapter.
 */
export async function offerWebgpu(): Promise<WebgpuOffer> {
  const own = host.navigator?.gpu;
  const found = own === undefined ? await loadDawn() : { gpu: own };
  if ('problem' in found) return found;
  const { gpu } = found;
  const adapter = await findAdapter(gpu);
  if (adapter === null) return whyNoAdapter();
  if (own === undefined) setNavigatorGpu(gpu);
  return (await loadBackend()) ?? { adapter };
}

async function loadDawn(): Promise<{ readonly gpu: GPU } | Refusal> {
  try {
    const { create, globals } = await import('webgpu');
    // tfjs takes constants such as GPUBufferUsage from the global scope.
    for (const [name, value] of Object.entries(globals))
      if (!(name in globalThis)) Reflect.set(globalThis, name, value);
    return { gpu: create([]) };
  } catch (error) {
    return refusalOf('webgpu', error);
  }
}

async function loadBackend(): Promise<Refusal | undefined> {
  try {
    await import('@tensorflow/tfjs-backend-webgpu');
  } catch (error) {
    return refusalOf('@tensorflow/tfjs-backend-webgpu', error);
  }
  const factory: unknown = findBackendFactory('webgpu');
  if (factory) return undefined;
  return {
    problem: 'tfjs-backend-webgpu was imported while there was no navigator.gpu yet',
    remedy: 'leave that import out, as useBackend makes it',
  };
}

function refusalOf(packageName: string, error: unknown): Refusal {
  const [firstLine = ''] = messageOf(error).trim().split('\n', 1);
  // In Node's words, and in those of loaders that stand in for it.
  const isMissing = /^Cannot find (package|module) '([^']*)'/.exec(firstLine)?.[2] === packageName;
  return {
    problem: isMissing
      ? `${packageName} is not installed`
      : `${packageName} does not load (${firstLine})`,
    remedy: install,
  };
}

function setNavigatorGpu(gpu: GPU): void {
  // Whoever finds a navigator reads its userAgent.
  if (host.navigator === undefined)
    Object.defineProperty(host, 'navigator', {
      value: { userAgent: `Node.js/${process.versions.node.split('.', 1).join()}` },
      configurable: true,
      writable: true,
    });
  Object.defineProperty(host.navigator, 'gpu', { value: gpu, configurable: true });
}
