import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const sourceFolder = (): string => fileURLToPath(new URL('../src/kernels', import.meta.url));

/** Whether the C files are where this package has them; within a bundle they are not. */
export function hasKernelSources(): boolean {
  return existsSync(sourceFolder());
}

/** The C files of the kernels that native has, as this package ships them. */
export function kernelSources(): { readonly folder: string; readonly files: readonly string[] } {
  const folder = sourceFolder();
  const files = ['native', 'shared'].flatMap((part) =>
    readdirSync(join(folder, part))
      .filter((name) => /\.[ch]$/.test(name))
      .sort()
      .map((name) => join(part, name)),
  );
  return { folder, files };
}

/** What a C compiler is told, but for where files lie. */
export const kernelFlags = {
  compile: [
    ...['-std=gnu17', '-O3', '-fPIC', '-fvisibility=hidden', '-pthread', '-Wno-psabi'],
    ...['-fno-math-errno', '-fno-trapping-math'],
  ],
  link: {
    darwin: ['-bundle', '-undefined', 'dynamic_lookup'],
    others: [
      ...['-shared', '-l:libtensorflow.so.2', '-l:libtensorflow_framework.so.2', '-lm', '-ldl'],
      // What it lacks of TensorFlow's is told of as it is loaded, and not by the end of the process.
      '-Wl,-z,now',
    ],
  },
};

/**
 * Where they are built, in the folder of the native package: named for the sources and flags, so that no other version is
 * taken for it.
 */
export function kernelLibrary(packageFolder: string): string {
  const { folder, files } = kernelSources();
  const hash = createHash('sha256').update(JSON.stringify(kernelFlags));
  for (const name of files) hash.update(readFileSync(join(folder, name)));
  return join(packageFolder, kernelFolder, `${hash.digest('hex').slice(0, 12)}.node`);
}

/** The folder in a native package that they are built in. */
export const kernelFolder = 'tfloop-kernels';
