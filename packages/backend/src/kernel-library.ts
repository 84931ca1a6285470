import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The C files of the kernels that native has, as this package ships them. */
export function kernelSources(): { readonly folder: string; readonly files: readonly string[] } {
  const folder = fileURLToPath(new URL('../kernels', import.meta.url));
  const files = ['native', 'shared'].flatMap((part) =>
    readdirSync(join(folder, part))
      .filter((name) => /\.[ch]$/.test(name))
      .sort()
      .map((name) => join(part, name)),
  );
  return { folder, files };
}

/** Where they are built, in the folder of the native package: named for the sources, so that no other version is taken for it. */
export function kernelLibrary(packageFolder: string): string {
  const { folder, files } = kernelSources();
  const hash = createHash('sha256');
  for (const name of files) hash.update(readFileSync(join(folder, name)));
  return join(packageFolder, kernelFolder, `${hash.digest('hex').slice(0, 12)}.node`);
}

/** The folder in a native package that they are built in. */
export const kernelFolder = 'tfloop-kernels';
