import { constants } from 'node:fs';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '../message-of.ts';
import { kernelFolder } from '../kernel-library.ts';
import type { Context } from './context.ts';
import type { Entry } from './cache.ts';
import { Failure } from './failure.ts';
import { exists, linkTree, needSpace, removeLeftovers, sameFileSystem, sizeOf } from './folders.ts';
import { tellingLine, troubleIn } from './problems.ts';
import { markerFile, hasDependencies, packageFolder, readMarker, versionIn } from './project.ts';
import type { Marker } from './project.ts';
import { runNpm } from './tools.ts';

const parts = ['deps', 'lib', markerFile] as const;
const leftover = '.tfloop-native-';

/** How an entry is put into a project. */
export interface PlaceOptions {
  readonly project: string;
  /** Whether package.json and the lock are told of a package that is added or removed. */
  readonly save: boolean;
}

/**
 * Puts a ready-made add-on into the project's package, which npm adds when it is missing, and tries it there.
 * All is laid out beside first and renamed at the end; on any failure the project is put back as it was.
 */
export async function place(
  context: Context,
  entry: Entry,
  { project, save }: PlaceOptions,
): Promise<string> {
  const { reporter, probe } = context;
  const { packageName, version } = entry.recipe;
  const modules = join(project, 'node_modules');
  const hadModules = await exists(modules);
  await removeLeftovers(modules, leftover);
  const before = await snapshot(project);
  const staging = join(modules, `${leftover}${process.pid}-0`);
  // Each undoes one step; the last step's is first.
  const undoings: (() => Promise<unknown>)[] = [];
  try {
    await access(hadModules ? modules : project, constants.W_OK);
    if (!(await sameFileSystem(entry.folder, project)))
      await needSpace(project, await sizeOf(entry.folder), 'free some, or move the project');
    await mkdir(staging, { recursive: true });
    await reporter.during('linking', linkTree(join(entry.folder, 'deps'), join(staging, 'deps')));
    await linkTree(join(entry.folder, 'lib'), join(staging, 'lib'));

    let folder = await packageFolder(project, packageName);
    const isAdded = folder === undefined || (await versionIn(folder)) !== version;
    const marked = folder === undefined ? undefined : await readMarker(folder);
    if (isAdded) {
      undoings.unshift(async () => removePackage(quiet(context), project, packageName, save));
      await addPackage(context, project, `${packageName}@${version}`, save);
      if (!hadModules && (await hasDependencies(project)))
        reporter.say(
          '   npm installed the other packages too, without their scripts: `npm rebuild` runs these',
        );
      folder = await packageFolder(project, packageName);
    }
    if (folder === undefined)
      throw new Failure(
        'unexpected',
        `npm added ${packageName} and it is not in ${modules}: see whether a workspace or a prefix of npm's leads elsewhere`,
      );
    const marker: Marker = {
      ...entry.recipe,
      isAdded: isAdded || marked?.isAdded === true,
      isSaved: isAdded ? save : (marked?.isSaved ?? save),
    };
    await writeFile(join(staging, markerFile), `${JSON.stringify(marker, null, 2)}\n`);
    await mkdir(join(staging, 'old'));
    for (const part of parts) {
      const [target, old] = [join(folder, part), join(staging, 'old', part)];
      if (await exists(target)) {
        await rename(target, old);
        undoings.unshift(async () => rename(old, target));
      }
      await rename(join(staging, part), target);
      undoings.unshift(async () => rm(target, { recursive: true, force: true }));
    }
    const probed = await probe(project, packageName);
    if (!probed.works)
      throw new Failure(
        'load',
        `${packageName} was built and does not load (${probed.problem}): everything is as it was before; run again with --verbose, or use the WASM back end`,
      );
    return probed.tensorflow;
  } catch (error) {
    for (const undoing of undoings)
      await undoing().catch((problem: unknown) =>
        reporter.say(`   Not undone: ${messageOf(problem)}`),
      );
    await restore(before);
    if (!hadModules) await rm(modules, { recursive: true, force: true });
    throw asFailure(error, project);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** What earlier runs put into a project: where it lies, and in words what goes when it is taken out; or undefined. */
export async function placedIn(project: string, packageName: Marker['packageName']) {
  const folder = await packageFolder(project, packageName);
  if (folder === undefined) return undefined;
  const marker = await readMarker(folder);
  // A package that works as it came gets kernels and no marker.
  if (marker === undefined)
    return (await exists(join(folder, kernelFolder)))
      ? { folder, marker, what: `the kernels in C from ${folder}, and nothing else` }
      : undefined;
  const what = marker.isAdded
    ? `${packageName} from ${project}`
    : `the add-on and libtensorflow from ${folder}, and not the package`;
  return { folder, marker, what };
}

/** Takes out what {@link placedIn} found: the package as well, when it was added. Returns what went, or undefined. */
export async function takeOut(
  context: Context,
  { project, packageName, save }: PlaceOptions & Pick<Marker, 'packageName'>,
): Promise<string | undefined> {
  await removeLeftovers(join(project, 'node_modules'), leftover);
  const placed = await placedIn(project, packageName);
  if (placed === undefined) return undefined;
  const { folder, marker, what } = placed;
  try {
    if (marker?.isAdded === true)
      await removePackage(context, project, packageName, save && marker.isSaved);
    else
      for (const part of marker === undefined ? [kernelFolder] : [...parts, kernelFolder])
        await rm(join(folder, part), { recursive: true, force: true });
    return what;
  } catch (error) {
    throw asFailure(error, project);
  }
}

/** An interrupt must not keep the undoing from its end. */
function quiet(context: Context): Context {
  return { ...context, signal: new AbortController().signal };
}

async function addPackage(context: Context, project: string, wanted: string, save: boolean) {
  await npmInProject(context, project, 'install', wanted, save);
}

async function removePackage(context: Context, project: string, name: string, save: boolean) {
  await npmInProject(context, project, 'uninstall', name, save);
}

async function npmInProject(
  context: Context,
  project: string,
  verb: string,
  name: string,
  save: boolean,
): Promise<void> {
  const { env, reporter } = context;
  const args = [verb, '--ignore-scripts', '--no-audit', '--no-fund', save ? '--save' : '--no-save'];
  const ran = await reporter.during(
    `npm ${verb}`,
    runNpm(context, [...args, name], { cwd: project, env }),
  );
  if (ran.code === 0) return;
  const trouble = troubleIn(ran.output);
  const kinds = { space: 'space', permission: 'space', network: 'network' } as const;
  throw new Failure(
    trouble === undefined ? 'unexpected' : kinds[trouble],
    `npm ${verb} ${name} failed (${tellingLine(ran.output)}): the project is as it was; run again with --verbose to see more`,
    ran.output,
  );
}

/** The files that npm writes beside node_modules, with what is in them. */
async function snapshot(project: string): Promise<Map<string, Buffer | undefined>> {
  const files = ['package.json', 'package-lock.json', 'npm-shrinkwrap.json'];
  const contents = files.map(async (name) => {
    const path = join(project, name);
    return [path, await readFile(path).catch(() => undefined)] as const;
  });
  return new Map(await Promise.all(contents));
}

async function restore(files: Map<string, Buffer | undefined>): Promise<void> {
  for (const [path, content] of files) {
    const now = await readFile(path).catch(() => undefined);
    if (content === undefined) await rm(path, { force: true });
    else if (now?.equals(content) !== true) await writeFile(path, content);
  }
}

/** Names the folder when writing there is what failed. */
function asFailure(error: unknown, project: string): unknown {
  if (error instanceof Failure) return error;
  switch (troubleIn(messageOf(error))) {
    case 'space':
      return new Failure(
        'space',
        `the disk of ${dirname(project)} is full: free some and run again`,
      );
    case 'permission':
      return new Failure(
        'space',
        `${project} can't be written to (${messageOf(error)}): run as a user who may`,
      );
    default:
      return error;
  }
}
