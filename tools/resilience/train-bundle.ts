import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Makes one file of the training process, so that each of many starts in a second; returns its path. */
export async function bundleTraining(): Promise<string> {
  // Below the dependencies, which are found from there and stay outside.
  const outfile = join(root, 'node_modules', '.cache', 'resilience', `training-${process.pid}.mjs`);
  await build({
    entryPoints: [join(root, 'tools', 'resilience', 'train-process.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@tfloop/source', 'node'],
    external: ['@tensorflow/*'],
    outfile,
    logLevel: 'error',
  });
  return outfile;
}
