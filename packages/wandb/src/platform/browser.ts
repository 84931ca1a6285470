import { browserHost } from './browser-host.ts';
import type { Platform } from './platform.ts';

/** Hosts without files: browsers, workers and bundles for them. */
export const platform: Platform = { host: browserHost };
