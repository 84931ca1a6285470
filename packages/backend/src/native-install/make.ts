import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { NativePackage } from '../platform/platform.ts';
import { buildAddon, buildFolder, fetchSources } from './build-addon.ts';
import type { Cache, Entry } from './cache.ts';
import type { Context } from './context.ts';
import { reportCuda, upstreamCuda, wheelCuda } from './cuda.ts';
import { Failure } from './failure.ts';
import { needSpace } from './folders.ts';
import type { Given } from './given.ts';
import { findLibtensorflow, layOut, unpack } from './libtensorflow.ts';
import { megabytes } from './reporter.ts';
import { requireTools } from './tools.ts';
import { askUpstream, installUpstream } from './upstream.ts';
import { downloadWheel, wheelFor } from './wheel.ts';
import type { Wheel } from './wheel.ts';

/** The name of a wheel in a recipe. */
export const sourceOf = ({ requirement, version }: Wheel): string => `${requirement}-${version}`;

/** Says what {@link make} would do, after the same checks. */
export async function describe(
  context: Context,
  cache: Cache,
  packageName: NativePackage,
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
    if (gpu) await reportCuda(context, upstreamCuda);
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
export async function make(
  context: Context,
  cache: Cache,
  packageName: NativePackage,
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
    if (gpu) reporter.say('   Which CUDA it wants is up to its build, and is not checked');
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
    if (gpu) await reportCuda(context, upstreamCuda);
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
  if (gpu) await reportCuda(context, wheelCuda);
  await needSpace(cache.root, wheel.bytes + wheel.unpackedBytes, spaceRemedy);
  const file = await downloadWheel(context, python, wheel, cache.root);
  const root = join(temporary, 'unpacked');
  await unpack(context, python, file, root, wheel.unpackedBytes);
  await compile(context, packageName, version, python, root, 'move', temporary);
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
