import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { formatFiles, generateFiles, getProjects, readJson, type Tree } from '@nx/devkit';

/** Options of the `callback` generator. */
export interface CallbackGeneratorOptions {
  /** Folder and package name, in kebab-case. */
  readonly name: string;
}

/** The part of a package.json that a new package copies from core's. */
interface Manifest {
  readonly version: string;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/**
 * Writes `packages/<name>`: a callback package that is green as it stands.
 *
 * Returns the task that links the package into the workspace. Throws where the name is taken or is not in
 * kebab-case.
 */
export default async function callback(
  tree: Tree,
  { name }: CallbackGeneratorOptions,
): Promise<() => void> {
  const factory = factoryName(name);
  const root = `packages/${name}`;
  if (tree.exists(root) || getProjects(tree).has(`@tfloop/${name}`))
    throw new Error(`callback: name must be a new package's, got "${name}", which exists already`);

  const core = readJson<Manifest>(tree, 'packages/core/package.json');
  generateFiles(tree, join(import.meta.dirname, 'files'), root, {
    name,
    factory,
    type: factory.charAt(0).toUpperCase() + factory.slice(1),
    coreRange: `^${core.version}`,
    tfjsRange: core.peerDependencies['@tensorflow/tfjs'],
  });
  await formatFiles(tree);
  return () => {
    link(tree.root, name);
    console.log(`next: change packages/${name}/src/${name}.ts, then npx nx test ${name}`);
  };
}

/** `grad-clip` → `gradClip`. Throws a RangeError where that can't name a package and a function. */
function factoryName(name: string): string {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
    throw new RangeError(
      `callback: name must be in kebab-case (lower-case words joined by "-", as in grad-clip), got "${name}"`,
    );
  const factory = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  if (usedByTemplate.has(factory) || !canBeDeclared(factory))
    throw new RangeError(
      `callback: name must be free to name a function, got "${name}", which is taken in JavaScript or the template`,
    );
  return factory;
}

/** What the template's own code imports or declares around the factory. */
const usedByTemplate = new Set(
  [
    'batches callback check data describeCallback expect join learner model problem',
    'readmeExample reported restore sgd test tf toyProblem x',
  ].flatMap((words) => words.split(' ')),
);

/** Whether a word is no reserved one. */
function canBeDeclared(word: string): boolean {
  try {
    return Boolean(new Script(`'use strict'; async () => { const ${word} = 0; }`));
  } catch {
    return false;
  }
}

/** What `npm install` would do for a new workspace package, without a look at the registry. */
function link(root: string, name: string): void {
  const scope = join(root, 'node_modules', '@tfloop');
  mkdirSync(scope, { recursive: true });
  symlinkSync(join('..', '..', 'packages', name), join(scope, name), 'junction');
  execFileSync('npm', ['install', '--package-lock-only', '--offline', '--ignore-scripts'], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
}
