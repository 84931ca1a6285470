import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { NativePackage } from '../platform/platform.ts';
import type { Context } from './context.ts';
import { Failure } from './failure.ts';
import { tellingLine, troubleIn } from './problems.ts';
import { run } from './run.ts';
import { runNpm } from './tools.ts';

interface Manifest {
  readonly binary: { readonly napi_versions: readonly number[] };
  scripts: Record<string, string>;
}

/** The sources of a native package, unpacked, with none of their scripts run. */
export interface Sources {
  readonly folder: string;
  readonly manifest: Manifest;
  /** The library's file name that the package's own install script looks for. */
  readonly upstreamName: string;
}

/** Makes a folder to compile in: `wanted`, or one in the system's temporary folder where that has a space in it, which make can't take. */
export async function buildFolder(wanted: string): Promise<string> {
  if (!/\s/.test(wanted)) {
    await mkdir(wanted, { recursive: true });
    return wanted;
  }
  if (/\s/.test(tmpdir()))
    throw new Failure(
      'usage',
      `make can't work in a folder with a space in its name: set TMPDIR to one without, ${tmpdir()} has one`,
    );
  return mkdtemp(join(tmpdir(), 'tfloop-native-'));
}

/** Fetches a package through npm, which checks it against the registry's integrity, and unpacks it into `folder`. */
export async function fetchSources(
  context: Context,
  packageName: NativePackage,
  version: string,
  folder: string,
): Promise<Sources> {
  const { env, reporter, signal } = context;
  const args = ['pack', `${packageName}@${version}`, '--ignore-scripts', '--silent'];
  const packed = await reporter.during('npm pack', runNpm(context, args, { cwd: folder, env }));
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
  if (packed.code !== 0 || tarball === undefined) throw packFailure(packed.output, packageName);
  const ran = await run('tar', ['-xf', tarball], { cwd: folder, env, signal });
  if (ran.code !== 0) throw packFailure(ran.output, packageName);
  const unpacked = join(folder, 'package');
  const manifest = JSON.parse(await readFile(join(unpacked, 'package.json'), 'utf8')) as Manifest;
  const constants = createRequire(join(unpacked, 'package.json'))(
    './scripts/deps-constants.js',
  ) as { depsLibTensorFlowName: string };
  return { folder: unpacked, manifest, upstreamName: constants.depsLibTensorFlowName };
}

function packFailure(output: string, packageName: string): Failure {
  const kind = troubleIn(output) === 'space' ? 'space' : 'network';
  const remedy =
    kind === 'space'
      ? 'free some, or set XDG_CACHE_HOME to a folder on another disk'
      : 'check the network and `npm config get registry`';
  return new Failure(
    kind,
    `npm can't fetch ${packageName} (${tellingLine(output)}): ${remedy}`,
    output,
  );
}

/** The folder of Node's own headers beside this Node, or undefined when node-gyp has to download them. */
export function headersOf(execPath: string, version: string): string | undefined {
  const root = join(dirname(execPath), '..');
  const header = join(root, 'include', 'node', 'node_version.h');
  if (!existsSync(header)) return undefined;
  const text = readFileSync(header, 'utf8');
  const numbers = ['MAJOR', 'MINOR', 'PATCH'].map(
    (part) => new RegExp(`#define NODE_${part}_VERSION (\\d+)`).exec(text)?.[1],
  );
  return numbers.join('.') === version ? root : undefined;
}

/** Compiles the add-on of `sources` against `entry/deps` and puts it into `entry/lib`. */
export async function buildAddon(
  context: Context,
  python: string,
  { folder, manifest }: Sources,
  entry: string,
): Promise<void> {
  const { env, host, reporter } = context;
  const api = Math.max(...manifest.binary.napi_versions.filter((number) => number <= host.napi));
  const label = `napi-v${api}`;
  const headers = headersOf(process.execPath, host.node);
  reporter.say(
    headers === undefined
      ? "   Node's headers: node-gyp downloads about 10 MB from nodejs.org, once, and checks their SHA-256"
      : `   Node's headers: ${join(headers, 'include', 'node')}`,
  );
  await symlink(join(entry, 'deps'), join(folder, 'deps'), 'junction');
  // npm puts the node-gyp that it brings into the PATH of a script.
  const command = [
    ...['node-gyp', 'rebuild', `--napi_build_version=${api}`, '--module_name=tfjs_binding'],
    `--module_path=./lib/${label}`,
  ];
  manifest.scripts = { compile: command.join(' ') };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  const settings: NodeJS.ProcessEnv = {
    ...env,
    PYTHON: python,
    JOBS: env['JOBS'] ?? String(availableParallelism()),
  };
  if (headers !== undefined) settings['npm_config_nodedir'] = headers;
  // The wheel's library has a name of its own there, which binding.gyp does not redirect.
  if (host.platform === 'darwin')
    settings['LDFLAGS'] = `${env['LDFLAGS'] ?? ''} -Wl,-rpath,@loader_path/../../deps/lib`.trim();
  const ran = await reporter.during(
    'compiling',
    runNpm(context, ['run', 'compile'], { cwd: folder, env: settings }),
  );
  const built = join(folder, 'build', 'Release', 'tfjs_binding.node');
  if (ran.code !== 0 || !existsSync(built)) throw compileFailure(ran.output);
  await mkdir(join(entry, 'lib', label), { recursive: true });
  await copyFile(built, join(entry, 'lib', label, 'tfjs_binding.node'));
}

function compileFailure(output: string): Failure {
  switch (troubleIn(output)) {
    case 'space':
      return new Failure(
        'space',
        'the disk filled up while the add-on was compiled: free some, or set XDG_CACHE_HOME to a folder on another disk',
      );
    case 'network':
      return new Failure(
        'network',
        "node-gyp can't download Node's headers: install them (Debian: libnode-dev), or name a folder that has include/node in it with npm_config_nodedir",
      );
    default:
      return new Failure(
        'compile',
        `the add-on does not compile (${tellingLine(output)}): see whether the compiler is complete (Debian: \`apt-get install -y build-essential\`) and run again with --verbose`,
        output,
      );
  }
}
