import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The memories that TensorFlow.js's WASM back end may have; a module is made for one of them. */
const kinds = {
  plain: { compile: [], link: [] },
  shared: {
    compile: ['-matomics'],
    link: ['--shared-memory', '--max-memory=4294967296'],
  },
} as const;

type Kind = keyof typeof kinds;

const here = fileURLToPath(new URL('.', import.meta.url));

/** The kernels that native shares. */
const shared = fileURLToPath(
  new URL('../../packages/backend/src/kernels/shared/', import.meta.url),
);

/** The C files that the module is made of, by their names. */
export function sources(): string[] {
  return [here, shared]
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((path) => path.endsWith('.c'))
    .sort((one, other) => (basename(one) < basename(other) ? -1 : 1));
}

/** The compiler that the shipped module was made with: another version makes other bytes of the same source. */
const VERSION = 14;

/** Where the module is shipped. */
export const shippedModule = fileURLToPath(
  new URL('../../packages/backend/src/wasm/side/side-module-bytes.ts', import.meta.url),
);

/** The programs of that version, or why there are none. */
export type Toolchain =
  { readonly clang: string; readonly linker: string } | { readonly problem: string };

/** Looks for clang and wasm-ld of the version that the shipped module was made with. */
export function findToolchain(): Toolchain {
  const [clang, linker] = [`clang-${VERSION}`, `wasm-ld-${VERSION}`];
  try {
    for (const program of [clang, linker]) execFileSync(program, ['--version'], { stdio: 'pipe' });
    return { clang, linker };
  } catch {
    const install = `apt-get install clang-${VERSION} lld-${VERSION}`;
    return { problem: `there is no ${clang} with ${linker}; on Debian 12: ${install}` };
  }
}

/** The TypeScript file that ships the module for both kinds of memory, made from the C files of this folder and those that native shares. */
export function buildSideModule(toolchain: Exclude<Toolchain, { problem: string }>): string {
  const of = (kind: Kind): string => compile(kind, toolchain).toString('base64');
  return `// Made by \`npm run side-module\` (tools/side-module, packages/backend/src/kernels/shared; clang ${VERSION}): do not edit.

/** The side module for memory of one thread, in base64. */
export const plain =
  '${of('plain')}';

/** The side module for memory that threads share, in base64. */
export const shared =
  '${of('shared')}';
`;
}

function compile(kind: Kind, { clang, linker }: { clang: string; linker: string }): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'side-module-'));
  try {
    const objects = sources().map((source) => {
      const object = join(folder, basename(source).replace(/\.c$/u, '.o'));
      execFileSync(clang, [...flags, ...kinds[kind].compile, '-c', source, '-o', object]);
      refuseOwnMemory(source, readFileSync(object));
      return object;
    });
    const output = join(folder, 'side.wasm');
    const options = ['--no-entry', '--import-memory', '--strip-all', ...kinds[kind].link];
    execFileSync(linker, [...options, ...objects, '-o', output]);
    return readFileSync(output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const flags = [
  '--target=wasm32',
  '-std=c17',
  '-O3',
  '-msimd128',
  '-mbulk-memory',
  '-ffreestanding',
  // Square roots are instructions, and products are rounded before they are added, as in TensorFlow.js.
  '-fno-math-errno',
  '-ffp-contract=off',
  `-I${here}`,
  '-Wall',
  '-Wextra',
  '-Werror',
];

/** A stack or data of the module's own would lie over what TensorFlow.js has at the same place of its memory. */
function refuseOwnMemory(name: string, object: Buffer): void {
  for (const section of ['__stack_pointer', '.data.', '.rodata', '.bss.'])
    if (object.includes(section))
      throw new Error(`${name} must not use memory of its own, and has ${section}`);
}
