import { readdir, realpath, rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { NativePackage } from '../platform/platform.ts';
import { buildAddon, buildFolder, fetchSources } from './build-addon.ts';
import type { Cache, Entry, Recipe } from './cache.ts';
import type { Context } from './context.ts';
import { reportCuda, wheelCuda } from './cuda.ts';
import { Failure, messageOf } from './failure.ts';
import { needSpace } from './folders.ts';
import { describeHost, refuseOldNode } from './host.ts';
import { findLibtensorflow, layOut, unpack } from './libtensorflow.ts';
import { place } from './place.ts';
import { troubleIn } from './problems.ts';
import {
  foreignManager,
  packageFolder,
  readMarker,
  requireProject,
  versionFor,
} from './project.ts';
import { megabytes } from './reporter.ts';
import { requireTools } from './tools.ts';
import { askUpstream, installUpstream } from './upstream.ts';
import { downloadWheel, sha256Of, wheelFor } from './wheel.ts';
import type { Wheel } from './wheel.ts';

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
      reporter.say(`Works already: TensorFlow ${probed.tensorflow}, nothing to do.`);
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
    else await describe(context, cache, options, given);
    return;
  }
  if (!entry) {
    await cache.open();
    const temporary = await cache.temporary();
    try {
      entry = await make(context, cache, options, version, given, temporary);
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
  const marker = await readMarker((await packageFolder(project, packageName)) ?? '');
  reporter.say(`Works: ${packageName} ${version} with TensorFlow ${tensorflow}.`);
  reporter.say(
    `   \`await useBackend()\` of @tfloop/backend takes it. Undo: tfloop-native --undo${packageName.endsWith('-gpu') ? ' --gpu' : ''}${marker?.isSaved === false ? '. package.json was left alone' : ''}`,
  );
}

/** A libtensorflow that the user named. */
interface Given {
  readonly path: string;
  readonly isFolder: boolean;
  readonly source: string;
  readonly sha256: string;
  /** What it takes up unpacked, about. */
  readonly bytes: number;
}

async function readGiven(path: string): Promise<Given> {
  const full = resolve(path);
  const found = await stat(full).catch(() => undefined);
  if (found === undefined)
    throw new Failure('usage', `--libtensorflow: there is no ${full}: give a folder or an archive`);
  const isFolder = found.isDirectory();
  if (!isFolder && !/\.(tar(\.\w+)?|tgz|zip|whl)$/i.test(full))
    throw new Failure(
      'usage',
      `--libtensorflow: ${full} is neither a folder nor a .tar.gz, .tgz, .zip or .whl: give one of these`,
    );
  const file = isFolder ? await mainLibrary(full) : full;
  const sha256 = await sha256Of(file);
  // Archives of it shrink to about a quarter.
  const bytes = (await stat(file)).size * (isFolder ? 1.2 : 4);
  return { path: full, isFolder, source: `given-${sha256.slice(0, 12)}`, sha256, bytes };
}

async function mainLibrary(folder: string): Promise<string> {
  const found = await findLibtensorflow(folder);
  const names = found === undefined ? [] : await readdir(found.lib);
  const name =
    names.find((file) => /^libtensorflow\.(so|.*dylib)/.test(file)) ??
    names.find((file) => file.startsWith('libtensorflow_cc.'));
  if (found === undefined || name === undefined)
    throw new Failure(
      'usage',
      `--libtensorflow: ${folder} has no lib/libtensorflow.* with include/tensorflow/c/c_api.h: unpack https://www.tensorflow.org/install/lang_c or a tensorflow wheel, and give that folder`,
    );
  return realpath(join(found.lib, name));
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

const sourceOf = ({ requirement, version }: Wheel): string => `${requirement}-${version}`;

async function firstOf(cache: Cache, recipes: readonly Recipe[]): Promise<Entry | undefined> {
  for (const recipe of recipes) {
    const entry = await cache.find(recipe);
    if (entry) return entry;
  }
  return undefined;
}

/** Says what {@link make} would do, after the same checks. */
async function describe(
  context: Context,
  cache: Cache,
  { packageName }: InstallOptions,
  given: Given | undefined,
): Promise<void> {
  const { reporter, host } = context;
  const gpu = packageName.endsWith('-gpu');
  if (given) {
    await requireTools(context, false);
    reporter.say(`Would compile the add-on against ${given.path} (SHA-256 ${given.sha256}).`);
    return;
  }
  const outlook = await askUpstream(context, gpu);
  if (outlook.isOpen) {
    const size = outlook.bytes === undefined ? 'libtensorflow' : megabytes(outlook.bytes);
    reporter.say(`Would go the upstream way: npm install, whose script downloads ${size}.`);
    reporter.say('Where that fails, would go on with:');
  } else reporter.say(`The upstream way is closed: ${outlook.problem}. Would go on with:`);
  const wheel = wheelFor(host, gpu);
  await requireTools(context, true);
  await needSpace(cache.root, wheel.bytes + wheel.unpackedBytes, spaceRemedy);
  reporter.say(
    `   ${wheel.requirement} ${wheel.version} through pip, about ${megabytes(wheel.bytes)}, and ${megabytes(wheel.unpackedBytes)} unpacked, in ${cache.root}`,
  );
  reporter.say('   the add-on, compiled by node-gyp');
  if (gpu) await reportCuda(context, wheelCuda);
}

const spaceRemedy = 'free some, or set XDG_CACHE_HOME to a folder on another disk';

/** Makes an entry: of the given libtensorflow, else the upstream way, else of a wheel. */
async function make(
  context: Context,
  cache: Cache,
  { packageName }: InstallOptions,
  version: string,
  given: Given | undefined,
  temporary: string,
): Promise<Entry> {
  const { reporter, host } = context;
  const gpu = packageName.endsWith('-gpu');
  const folder = join(temporary, 'entry');
  if (given) {
    const python = await requireTools(context, false);
    reporter.say(`libtensorflow: ${given.path}`);
    reporter.say(`   SHA-256 ${given.sha256}; there is nothing to check it against`);
    await needSpace(cache.root, given.bytes, spaceRemedy);
    const root = given.isFolder ? given.path : join(temporary, 'unpacked');
    if (!given.isFolder) await unpack(context, python, given.path, root);
    const mode = given.isFolder ? 'copy' : 'move';
    await compile(context, packageName, version, python, root, mode, temporary);
    return cache.add(folder, { packageName, version, source: given.source });
  }

  const outlook = await askUpstream(context, gpu);
  if (outlook.isOpen) {
    const size = outlook.bytes === undefined ? '' : `, ${megabytes(outlook.bytes)}`;
    reporter.say(`The upstream way: npm install, whose script downloads libtensorflow${size}`);
    await needSpace(cache.root, 600e6 + 4 * (outlook.bytes ?? 150e6), spaceRemedy);
    const at = join(temporary, 'upstream');
    const problem = await installUpstream(context, packageName, version, at, folder);
    if (problem === undefined)
      return cache.add(folder, { packageName, version, source: 'upstream' });
    reporter.say(`   It failed: ${problem}`);
    await rm(at, { recursive: true, force: true });
  } else reporter.say(`The upstream way is closed: ${outlook.problem}`);

  const wheel = wheelFor(host, gpu);
  const python = await requireTools(context, true);
  reporter.say(
    `libtensorflow from the Python wheel ${wheel.requirement} ${wheel.version}: about ${megabytes(wheel.bytes)} through pip, to ${cache.root}`,
  );
  await needSpace(cache.root, wheel.bytes + wheel.unpackedBytes, spaceRemedy);
  const file = await downloadWheel(context, python, wheel, cache.root);
  const root = join(temporary, 'unpacked');
  await unpack(context, python, file, root, wheel.unpackedBytes);
  await compile(context, packageName, version, python, root, 'move', temporary);
  if (gpu) await reportCuda(context, wheelCuda);
  const entry = await cache.add(folder, { packageName, version, source: sourceOf(wheel) });
  // Kept until here, so that a failed build does not cost a second download.
  await rm(file, { force: true });
  return entry;
}

async function compile(
  context: Context,
  packageName: NativePackage,
  version: string,
  python: string,
  root: string,
  mode: 'copy' | 'move',
  temporary: string,
): Promise<void> {
  const { reporter } = context;
  const found = await findLibtensorflow(root);
  if (found === undefined)
    throw new Failure(
      'usage',
      `${basename(root)} has no libtensorflow with include/tensorflow/c/c_api.h in it: give another one with --libtensorflow`,
    );
  reporter.say(`The add-on: the sources of ${packageName} ${version} from npm, which checks them`);
  const start = Date.now();
  const workshop = await buildFolder(join(temporary, 'sources'));
  try {
    const sources = await fetchSources(context, packageName, version, workshop);
    const entry = join(temporary, 'entry');
    const { upstreamName } = sources;
    await reporter.during('laying out', layOut(found, join(entry, 'deps'), upstreamName, mode));
    await buildAddon(context, python, sources, entry);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
  reporter.say(`   Compiled, after ${Math.round((Date.now() - start) / 1000)} s`);
}
