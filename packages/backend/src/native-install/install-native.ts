import { rm } from 'node:fs/promises';
import type { NativePackage } from '../platform/platform.ts';
import { messageOf } from '../message-of.ts';
import { buildKernels, describeKernels } from './build-kernels.ts';
import type { Cache, Entry, Recipe } from './cache.ts';
import type { Context } from './context.ts';
import { Failure } from './failure.ts';
import { readGiven } from './given.ts';
import { describeHost, refuseOldNode } from './host.ts';
import { describe, make, sourceOf } from './make.ts';
import { place } from './place.ts';
import { troubleIn } from './problems.ts';
import {
  foreignManager,
  packageFolder,
  readMarker,
  requireProject,
  versionFor,
} from './project.ts';
import { wheelFor } from './wheel.ts';

/** What to install, and where. */
export interface InstallOptions {
  /** The project's folder. */
  readonly project: string;
  readonly packageName: NativePackage;
  /** A folder or archive with libtensorflow, to be used in place of a download. */
  readonly libtensorflow: string | undefined;
  /** Whether package.json is told of a package that is added. */
  readonly save: boolean;
  /** Says what would be done and does nothing. */
  readonly dryRun: boolean;
  /** The command that starts this program, as {@link startedAs} has it. */
  readonly command: string;
}

/** Puts a native package in working order for a project; throws a Failure that says what to do. */
export async function installNative(
  context: Context,
  cache: Cache,
  options: InstallOptions,
): Promise<void> {
  const { host, reporter, probe } = context;
  const { project, packageName, libtensorflow, dryRun } = options;
  refuseOldNode(host);
  await requireProject(project);
  const version = await versionFor(project, packageName);
  reporter.say(`tfloop-native: ${packageName} ${version} for ${project} (${describeHost(host)})`);

  const given = libtensorflow === undefined ? undefined : await readGiven(libtensorflow);
  const recipes: Recipe[] = given
    ? [{ packageName, version, source: given.source }]
    : recipesFor(context, packageName, version);
  const installed = await packageFolder(project, packageName);
  if (installed !== undefined) {
    const marker = await readMarker(installed);
    const isWanted = given === undefined || marker?.source === given.source;
    const probed = isWanted ? await probe(project, packageName) : undefined;
    if (probed?.works) {
      reporter.say(`Works already: TensorFlow ${probed.tensorflow}.`);
      await (dryRun ? describeKernels : buildKernels)(context, project, packageName);
      return;
    }
  } else {
    const add = await foreignManager(project);
    if (add !== undefined)
      throw new Failure(
        'usage',
        `this project is not npm's: run \`${add} ${packageName}@${version}\` and then this again`,
      );
  }

  let entry = await firstOf(cache, recipes);
  if (entry) reporter.say(`Made before: ${entry.folder}`);
  if (dryRun) {
    if (entry) reporter.say('It would be linked into the project.');
    else await describe(context, cache, packageName, given);
    await describeKernels(context, project, packageName);
    return;
  }
  if (!entry) {
    await cache.open();
    const temporary = await cache.temporary();
    try {
      entry = await make(context, cache, packageName, version, given, temporary);
    } catch (error) {
      throw troubleIn(messageOf(error)) === 'space' && !(error instanceof Failure)
        ? new Failure(
            'space',
            `the disk of ${cache.root} is full: free some, or set XDG_CACHE_HOME to a folder on another disk`,
          )
        : error;
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }
  let tensorflow: string;
  try {
    tensorflow = await place(context, entry, options);
  } catch (error) {
    // A second run should not meet the same broken build.
    if (error instanceof Failure && error.kind === 'load') await cache.remove(entry);
    throw error;
  }
  await buildKernels(context, project, packageName);
  const marker = await readMarker((await packageFolder(project, packageName)) ?? '');
  reporter.say(`Works: ${packageName} ${version} with TensorFlow ${tensorflow}.`);
  reporter.say(
    `   \`await useBackend()\` of @tfloop/backend takes it. Undo: ${options.command} --undo${packageName.endsWith('-gpu') ? ' --gpu' : ''}${marker?.isSaved === false ? '. package.json was left alone' : ''}`,
  );
}

function recipesFor({ host }: Context, packageName: NativePackage, version: string): Recipe[] {
  const recipes = [{ packageName, version, source: 'upstream' }];
  try {
    const wheel = wheelFor(host, packageName.endsWith('-gpu'));
    recipes.push({ packageName, version, source: sourceOf(wheel) });
  } catch {
    // Said when it comes to that.
  }
  return recipes;
}

async function firstOf(cache: Cache, recipes: readonly Recipe[]): Promise<Entry | undefined> {
  for (const recipe of recipes) {
    const entry = await cache.find(recipe);
    if (entry) return entry;
  }
  return undefined;
}
