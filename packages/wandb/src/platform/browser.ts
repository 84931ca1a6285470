import { browserHost } from './browser-host.ts';
import { opfsFiles } from './opfs-files.ts';
import type { Platform } from './platform.ts';

/** Browsers, workers and bundles for them: files are in the private file system, if anywhere. */
export const platform: Platform = { host: browserHost, openFiles: opfsFiles };
