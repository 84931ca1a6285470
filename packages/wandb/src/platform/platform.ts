import type { Fetch } from '../http-client.ts';
import type { LogFiles } from '../log-storage.ts';
import type { Folders } from './folders.ts';
import type { Host } from './host.ts';

/** What the kinds of host do differently. */
export interface Platform {
  readonly host: Host;
  /** Missing where the global one is right. */
  readonly fetch?: Fetch;
  /** Missing where there are no files. */
  readonly logFiles?: LogFiles;
  /** Missing where there are no files. */
  readonly folders?: Folders;
}
