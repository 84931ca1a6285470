import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { transform } from '@swc/core';

const maxLines = 15;

/**
 * Runs the example of a package's README: its first `ts` block, which has at most 15 lines.
 *
 * Imports resolve as they do in the package's own tests, and what the example prints is dropped. Rejects
 * with the example's own error, or when the README has no example or a longer one.
 */
export async function readmeExample(packageDir: string): Promise<void> {
  const file = join(packageDir, 'README.md');
  const example = exampleOf(await readFile(file, 'utf8'), file);
  const { code } = await transform(example, {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs', ignoreDynamic: false },
  });
  // An async function rather than a module: the example may await at its top level.
  const run = new AsyncFunction('require', 'exports', 'console', code);
  await run(createRequire(join(packageDir, 'test', 'readme.ts')), {}, silent);
}

/** The first `ts` block of a README. Throws where there is none, or it has more than 15 lines. */
export function exampleOf(readme: string, file = 'README.md'): string {
  const example = /^```ts\n(.*?)^```$/ms.exec(readme)?.[1];
  if (example === undefined) throw new Error(`${file}: there is no \`\`\`ts block`);
  const lines = example.trimEnd().split('\n').length;
  if (lines > maxLines)
    throw new Error(`${file}: the example must have at most ${maxLines} lines, got ${lines}`);
  return example;
}

const AsyncFunction = readmeExample.constructor as new (
  ...parametersAndBody: string[]
) => (...values: unknown[]) => Promise<void>;

const silent = new Proxy(console, {
  get: (target, property) =>
    typeof Reflect.get(target, property) === 'function' ? () => undefined : undefined,
});
