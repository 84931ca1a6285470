import type { Platform } from './platform.ts';

/** Hosts without Node's built-ins: browsers, workers and bundles for them. */
export const platform: Platform = {
  env: () => undefined,
  log: (line) => console.info(line),
  cores: () => navigator.hardwareConcurrency,
  wasmThreads: () => ({
    byDefault: undefined,
    ...(globalThis.crossOriginIsolated ? {} : { problem: 'the page is not cross-origin isolated' }),
  }),
  loadNative: () => ({ problems: ['native needs Node'] }),
};
