import { logFiles } from './log-file.ts';
import { nodeFetch } from './node-fetch.ts';
import { nodeFolders } from './node-folders.ts';
import { nodeHost } from './node-host.ts';
import type { Platform } from './platform.ts';

/** Node. */
export const platform: Platform = {
  host: nodeHost,
  fetch: nodeFetch,
  logFiles,
  folders: nodeFolders,
};
