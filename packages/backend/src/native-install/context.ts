import type { NativePackage } from '../platform/platform.ts';
import type { Host } from './host.ts';
import type { Probe } from './probe.ts';
import type { Reporter } from './reporter.ts';

/** What the steps of an installation share. */
export interface Context {
  readonly host: Host;
  readonly env: NodeJS.ProcessEnv;
  readonly reporter: Reporter;
  /** Aborts when the user interrupts. */
  readonly signal: AbortSignal;
  /** Loads a package from a folder, and a library of kernels for it, in a process of its own. */
  readonly probe: (folder: string, packageName: NativePackage, kernels?: string) => Promise<Probe>;
}
