import { readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { NativePackage } from '../platform/platform.ts';
import { messageOf } from '../message-of.ts';
import type { Recipe } from './cache.ts';
import { Failure } from './failure.ts';
import { exists } from './folders.ts';
import { troubleIn } from './problems.ts';

/** Lies in the package of a project, beside what was put into it. */
export interface Marker extends Recipe {
  /** Whether the npm package was added to the project, too. */
  readonly isAdded: boolean;
  /** Whether package.json was told of that. */
  readonly isSaved: boolean;
}

/** The name of the file that {@link readMarker} reads. */
export const markerFile = 'tfloop-native.json';

/** The version that this is made for, where the project has no wish. */
const standardVersion = '4.22.0';

/** Throws a Failure unless the folder is a project's, with a package.json that npm can read. */
export async function requireProject(folder: string): Promise<void> {
  if (!(await exists(join(folder, 'package.json'))))
    throw new Failure(
      'usage',
      `there is no package.json in ${folder}: run this in your project's folder (\`npm init -y\` makes one)`,
    );
  await readManifest(folder);
}

async function readManifest(folder: string): Promise<Record<string, unknown>> {
  const path = join(folder, 'package.json');
  try {
    // npm does not mind a byte order mark.
    const manifest: unknown = JSON.parse((await readFile(path, 'utf8')).replace(/^\uFEFF/, ''));
    if (typeof manifest === 'object' && manifest !== null && !Array.isArray(manifest))
      return manifest as Record<string, unknown>;
    throw new TypeError('it holds no object');
  } catch (error) {
    // V8 quotes the text, with its line ends.
    const reason = messageOf(error).replace(/\s+/g, ' ');
    throw new Failure(
      troubleIn(reason) === 'permission' ? 'space' : 'usage',
      `${path} can't be read as a package's (${reason}): mend it and run again`,
    );
  }
}

/** Whether the project's package.json names packages that npm would install. */
export async function hasDependencies(project: string): Promise<boolean> {
  const manifest = await readManifest(project);
  return ['dependencies', 'devDependencies', 'workspaces'].some(
    (field) => Object.keys(manifest[field] ?? {}).length > 0,
  );
}

/** The folder of an installed package as files in `project` find it, or undefined. */
export async function packageFolder(project: string, name: string): Promise<string | undefined> {
  // A fresh walk up the folders: require.resolve remembers what was missing.
  for (let folder = project; ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules', name);
    if (await exists(join(path, 'package.json'))) return realpath(path);
    if (dirname(folder) === folder) return undefined;
  }
}

/** The version of an installed package. */
export async function versionIn(folder: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}

/** The version to install: that of the package or of tfjs in the project, so that there is one engine. */
export async function versionFor(project: string, name: NativePackage): Promise<string> {
  for (const wish of [name, '@tensorflow/tfjs']) {
    const folder = await packageFolder(project, wish);
    if (folder !== undefined) return versionIn(folder);
  }
  return standardVersion;
}

/** What tfloop-native wrote when it put something into a package, or undefined. */
export async function readMarker(folder: string): Promise<Marker | undefined> {
  return readFile(join(folder, markerFile), 'utf8').then(
    (text) => JSON.parse(text) as Marker,
    () => undefined,
  );
}

/** The command that adds a package without its scripts, where the project is not npm's; undefined where it is. */
export async function foreignManager(project: string): Promise<string | undefined> {
  const managers = [
    ['pnpm-lock.yaml', 'pnpm add --ignore-scripts'],
    ['yarn.lock', 'yarn add --ignore-scripts'],
    ['bun.lock', 'bun add --ignore-scripts'],
    ['bun.lockb', 'bun add --ignore-scripts'],
  ] as const;
  for (const [lock, command] of managers) if (await exists(join(project, lock))) return command;
  return undefined;
}
