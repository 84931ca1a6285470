import type { Fetch } from '../http-client.ts';
import type { LogFiles } from '../log-storage.ts';
import type { Folders } from './folders.ts';
import type { Host } from './host.ts';

/** Where runs are kept. */
export interface Files {
  readonly logFiles: LogFiles;
  readonly folders: Folders;
}

/** What the kinds of host do differently. */
export interface Platform extends Partial<Files> {
  readonly host: Host;
  /** Missing where the global one is right. */
  readonly fetch?: Fetch;
  /**
   * Opens files that are not there at once, for the runs below `<dir>/wandb`; rejects where there are none. Says
   * what goes wrong later.
   */
  readonly openFiles?: (dir: string, say: (text: string) => void) => Promise<Files>;
}
