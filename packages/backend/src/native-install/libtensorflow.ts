import { cp, mkdir, readdir, realpath, rename, stat, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Context } from './context.ts';
import { Failure } from './failure.ts';
import { exists, sizeOf } from './folders.ts';
import { tellingLine, troubleIn } from './problems.ts';
import { run } from './run.ts';

/** Where a libtensorflow lies on this disk. */
export interface Libtensorflow {
  /** The folder of the shared libraries. */
  readonly lib: string;
  /** The folder that has `tensorflow/c/c_api.h` in it. */
  readonly include: string;
}

const libraryName = /^libtensorflow(_cc|_framework)?\.(so(\.\d+)*|(\d+\.)*dylib)$/;

/** The parts of the headers that the C API is made of, over the versions of TensorFlow. */
const headerFolders = [
  'tensorflow/c',
  'tensorflow/core/platform',
  'tensorflow/tsl/c',
  'tensorflow/tsl/platform',
  'tsl/c',
  'tsl/platform',
  'xla/tsl/c',
  'xla/tsl/platform',
];

/** Looks for a libtensorflow in a folder: an unpacked C archive, an unpacked wheel, or an installed Python package. */
export async function findLibtensorflow(folder: string): Promise<Libtensorflow | undefined> {
  const inside = (await readdir(folder, { withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name));
  for (const root of [folder, ...inside]) {
    const include = join(root, 'include');
    if (!(await exists(join(include, 'tensorflow/c/c_api.h')))) continue;
    for (const lib of [join(root, 'lib'), root])
      if ((await librariesOf(lib)).length > 0) return { lib, include };
  }
  return undefined;
}

async function librariesOf(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).filter((name) => libraryName.test(name));
}

/** Unpacks an archive (`.tar.gz`, `.tgz`, `.tar`, `.zip`, `.whl`) into `target`: of a wheel only what the add-on needs. */
export async function unpack(
  { env, reporter, signal }: Context,
  python: string,
  archive: string,
  target: string,
  total?: number,
): Promise<void> {
  await mkdir(target, { recursive: true });
  const isZip = /\.(zip|whl)$/i.test(archive);
  const ran = await reporter.during(
    'unpacking',
    isZip
      ? run(python, ['-c', unzipScript, archive, target, ...wantedOf(archive)], { env, signal })
      : run('tar', ['-xf', archive, '-C', target], { env, signal }),
    async () => ({ done: await sizeOf(target), total }),
  );
  if (ran.code === 0) return;
  throw troubleIn(ran.output) === 'space'
    ? new Failure(
        'space',
        `the disk filled up while ${basename(archive)} was unpacked: free about 1 GB, or set XDG_CACHE_HOME to a folder on another disk`,
      )
    : new Failure(
        'usage',
        `${archive} can't be unpacked (${tellingLine(ran.output)}): give a .tar.gz, .zip or .whl that is whole`,
        ran.output,
      );
}

/** Python, which node-gyp needs anyway, reads zip files everywhere and checks their CRCs; `unzip` is often missing. */
const unzipScript = `
import sys, zipfile
source, target, *wanted = sys.argv[1:]
with zipfile.ZipFile(source) as archive:
    for name in archive.namelist():
        if name.startswith(tuple(wanted)):
            archive.extract(name, target)
`;

/** Beginnings of the names to take out of a zip file. */
function wantedOf(archive: string): string[] {
  if (!/\.whl$/i.test(archive)) return [''];
  const root = 'tensorflow';
  return [
    ...['cc', 'framework'].map((name) => `${root}/libtensorflow_${name}.`),
    ...headerFolders.map((folder) => `${root}/include/${folder}/`),
  ];
}

/**
 * Copies libraries and headers to `deps/lib` and `deps/include`, under all the names that binding.gyp and the loader look for.
 * `upstreamName` is the file name that tfjs-node's own install script looks for: with it there, `npm rebuild` leaves all as it is.
 */
export async function layOut(
  { lib, include }: Libtensorflow,
  deps: string,
  upstreamName: string,
  mode: 'copy' | 'move',
): Promise<void> {
  const target = join(deps, 'lib');
  await mkdir(target, { recursive: true });
  const names = await librariesOf(lib);
  const place = mode === 'copy' ? cp : rename;
  // Links are made anew, as they may lead out of the folder; so the one true file of each library is placed.
  const files = new Map<string, string>();
  for (const name of names) {
    const path = await realpath(join(lib, name));
    if ((await stat(path)).isFile()) files.set(path, basename(path));
  }
  for (const [path, name] of files) await place(path, join(target, name));
  const placed = [...files.values()];
  const main =
    placed.find((name) => /^libtensorflow\./.test(name)) ??
    placed.find((name) => name.startsWith('libtensorflow_cc.'));
  const framework = placed.find((name) => name.startsWith('libtensorflow_framework.'));
  if (main === undefined || framework === undefined)
    throw new Failure(
      'usage',
      `${lib} has no libtensorflow${main === undefined ? '' : '_framework'}: give a folder or archive that has both`,
    );
  const extension = main.includes('.dylib') ? 'dylib' : 'so';
  const version = /\d+/.exec(main)?.[0] ?? '2';
  for (const [stem, file] of [
    ['libtensorflow', main],
    ['libtensorflow_framework', framework],
  ] as const) {
    const aliases =
      extension === 'so'
        ? [`${stem}.so`, `${stem}.so.${version}`]
        : [`${stem}.dylib`, `${stem}.${version}.dylib`];
    if (stem === 'libtensorflow') aliases.push(upstreamName);
    for (const alias of aliases)
      if (!(await exists(join(target, alias)))) await symlink(file, join(target, alias));
  }
  for (const folder of headerFolders)
    if (await exists(join(include, folder)))
      await cp(join(include, folder), join(deps, 'include', folder), {
        recursive: true,
        dereference: true,
        filter: async (path) => path.endsWith('.h') || (await stat(path)).isDirectory(),
      });
}
