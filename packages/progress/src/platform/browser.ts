import type { Platform } from './platform.ts';

/** Hosts without a terminal: browsers, workers and bundles for them. */
export const platform: Platform = {
  output: (line) => console.info(line),
};
