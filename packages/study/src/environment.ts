import { availableParallelism } from 'node:os';
import { describeBackend } from '@tfloop/backend';
import type { Results } from './results.ts';

/** What a study's figures depend on besides its settings: the back end that is active, and the machine. */
export function environment(): Results['environment'] {
  const { name, packageName, version } = describeBackend();
  return {
    backend: `${name} (${packageName} ${version})`,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processors: availableParallelism(),
  };
}

/** The back end's name without its package. */
export function backendName({ backend }: Results['environment']): string {
  return backend.replace(/ \(.*/, '');
}
