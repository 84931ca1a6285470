import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sources } from './build.ts';

/** Where the kernels' signatures are shipped. */
export const shippedSignatures = fileURLToPath(
  new URL('../../packages/backend/src/wasm/side/signatures.ts', import.meta.url),
);

/** The TypeScript file that ships what the kernels in the side module's C files take, in their order. */
export function signaturesOf(): string {
  const kernels = sources()
    .flatMap((source) => [...readFileSync(source, 'utf8').matchAll(kernel)])
    .map(
      ([, name = '', parameters = '']) =>
        `  ${name}: '${parameters.split(',').map(nameOf).join(' ')}',`,
    );
  return `// Made by \`npm run side-module\` (tools/side-module, packages/backend/src/kernels/shared): do not edit.

/** What the kernels of the side module take, in the order of its C files, which say what each computes. */
// prettier-ignore
export const signatures = {
${kernels.join('\n')}
} as const;
`;
}

const kernel = /^KERNEL\((\w+)\)\(([^)]*)\)/gmu;

function nameOf(parameter: string): string {
  return /\w+$/u.exec(parameter)?.[0] ?? '';
}
