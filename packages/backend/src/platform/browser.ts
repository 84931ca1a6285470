import { findBackendFactory } from '@tensorflow/tfjs';
import { findAdapter } from './find-adapter.ts';
import type { Helper, Platform, WebgpuOffer } from './platform.ts';

/** Hosts without Node's built-ins: browsers, workers and bundles for them. */
export const platform: Platform = {
  env: () => undefined,
  log: (line) => console.info(line),
  cores: () => navigator.hardwareConcurrency,
  wasmThreads: () => ({
    byDefault: undefined,
    ...(globalThis.crossOriginIsolated ? {} : { problem: 'the page is not cross-origin isolated' }),
  }),
  noteListeners: () => () => undefined,
  spawn,
  loadNative: () => ({
    problems: ['native needs Node'],
    remedy: 'in a browser there are wasm, webgl and webgpu',
  }),
  loadKernels: () => 'they need Node',
  offerWebgpu,
};

function spawn(source: string): Helper {
  const code = `onmessage = ({ data }) => (${source})(data, () => postMessage('ready'));`;
  const url = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
  const worker = new Worker(url);
  return {
    async start(message) {
      try {
        await new Promise((resolve, reject) => {
          worker.onmessage = resolve;
          worker.onerror = ({ message: problem }) => reject(new Error(problem));
          worker.postMessage(message);
        });
      } finally {
        URL.revokeObjectURL(url);
      }
    },
    end() {
      worker.terminate();
    },
  };
}

async function offerWebgpu(): Promise<WebgpuOffer> {
  const { gpu } = navigator as Partial<Navigator>;
  if (gpu === undefined)
    return {
      problem: 'there is no WebGPU here (navigator.gpu is missing)',
      remedy:
        'use a browser that has it and a page from https or localhost, or another back end such as webgl',
    };
  const adapter = await findAdapter(gpu);
  if (adapter === null)
    return {
      problem: 'the browser has WebGPU and finds no GPU for it (no adapter)',
      remedy: 'see what the browser says of its GPU (chrome://gpu), or use another back end',
    };
  // A bundler has to see the import, so it can't be made here without asking it of everyone.
  const factory: unknown = findBackendFactory('webgpu');
  return factory
    ? { adapter }
    : {
        problem: 'tfjs has no webgpu back end yet',
        remedy:
          'run `npm install @tensorflow/tfjs-backend-webgpu` and import that package before the call',
      };
}
