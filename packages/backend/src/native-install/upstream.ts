import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NativePackage } from '../platform/platform.ts';
import type { Context } from './context.ts';
import { exists, sizeOf } from './folders.ts';
import type { Host } from './host.ts';
import { tellingLine, troubleIn } from './problems.ts';
import { megabytes } from './reporter.ts';
import { runNpm } from './tools.ts';

/** The archive that tfjs-node's install script downloads, or undefined where it knows none. */
export function upstreamArchive({ platform, arch }: Host, gpu: boolean): string | undefined {
  const base = 'https://storage.googleapis.com/';
  const kind = gpu && platform !== 'darwin' ? 'gpu' : 'cpu';
  switch (`${platform}-${arch}`) {
    case 'linux-x64':
      return `${base}tensorflow/libtensorflow/libtensorflow-${kind}-linux-x86_64-2.9.1.tar.gz`;
    case 'linux-arm64':
      return `${base}tf-builds/libtensorflow_r2_7_linux_arm64.tar.gz`;
    case 'linux-arm':
      return `${base}tf-builds/libtensorflow_r2_5_linux_arm7l.tar.gz`;
    case 'darwin-x64':
      return `${base}tensorflow/libtensorflow/libtensorflow-cpu-darwin-x86_64-2.9.1.tar.gz`;
    case 'darwin-arm64':
      return `${base}tf-builds/libtensorflow_r2_7_darwin_arm64_cpu.tar.gz`;
    case 'win32-x64':
      return `${base}tensorflow/libtensorflow/libtensorflow-${kind}-windows-x86_64-2.9.1.zip`;
    default:
      return undefined;
  }
}

/** What the upstream way would download, or why it can't be gone. */
export type UpstreamOutlook =
  | { readonly isOpen: true; readonly bytes: number | undefined }
  | { readonly isOpen: false; readonly problem: string };

/** Asks the server of the archive for its size: the install script itself can hang for minutes where a firewall drops packets. */
export async function askUpstream(context: Context, gpu: boolean): Promise<UpstreamOutlook> {
  const { host, env, signal } = context;
  if (host.platform === 'linux' && host.glibc === undefined)
    return { isOpen: false, problem: 'its libtensorflow is built for the GNU C library' };
  const archive = upstreamArchive(host, gpu);
  if (archive === undefined)
    return { isOpen: false, problem: `it has no libtensorflow for ${host.platform} ${host.arch}` };
  // Behind a proxy, or with a mirror, only the install script knows the way.
  const detours = ['HTTPS_PROXY', 'https_proxy', 'TFJS_NODE_CDN_STORAGE', 'CDN_STORAGE'];
  detours.push('TFJS_NODE_BASE_URI');
  if (detours.some((name) => env[name])) return { isOpen: true, bytes: undefined };
  try {
    const timely = AbortSignal.any([signal, AbortSignal.timeout(5000)]);
    const response = await fetch(archive, { method: 'HEAD', signal: timely });
    if (!response.ok) return { isOpen: false, problem: `${archive} answers ${response.status}` };
    return { isOpen: true, bytes: Number(response.headers.get('content-length')) || undefined };
  } catch (error) {
    const { cause, name } = error as { cause?: { code?: string }; name: string };
    const why = cause?.code ?? (name === 'TimeoutError' ? 'no answer in 5 s' : name);
    return { isOpen: false, problem: `${new URL(archive).host} can't be reached (${why})` };
  }
}

/** After this long without a byte more or an end, the install script is taken to hang. */
const patienceMs = 240_000;

/**
 * Installs the package into `folder` with its scripts, and moves what they made to `entry`.
 * Returns what went wrong, or undefined when `entry` holds a working add-on.
 */
export async function installUpstream(
  context: Context,
  packageName: NativePackage,
  version: string,
  folder: string,
  entry: string,
): Promise<string | undefined> {
  const { env, reporter, signal, probe } = context;
  await mkdir(folder, { recursive: true });
  // npm that runs only the scripts that are allowed reads allowScripts.
  const manifest = { private: true, allowScripts: { [packageName]: true } };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  const made = join(folder, 'node_modules', packageName);
  const impatience = new AbortController();
  let [size, since] = [0, Date.now()];
  const measure = async () => {
    const done = await sizeOf(made);
    if (done !== size) [size, since] = [done, Date.now()];
    if (Date.now() - since > patienceMs) impatience.abort();
    return { done };
  };
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts=false'];
  const ran = await reporter
    .during(
      'npm install',
      runNpm(context, [...args, `${packageName}@${version}`], {
        cwd: folder,
        env,
        signal: AbortSignal.any([signal, impatience.signal]),
      }),
      measure,
    )
    .catch((error: unknown) => {
      if (impatience.signal.aborted && !signal.aborted) return undefined;
      throw error;
    });
  if (ran === undefined) return `nothing came for ${patienceMs / 60_000} minutes`;
  if (ran.code !== 0)
    return troubleIn(ran.output) === 'space' ? 'the disk is full' : tellingLine(ran.output);
  const probed = await probe(folder, packageName);
  if (!probed.works) return `it was installed and does not load: ${probed.problem}`;
  await mkdir(entry, { recursive: true });
  for (const part of ['deps', 'lib'])
    if (await exists(join(made, part))) await rename(join(made, part), join(entry, part));
  reporter.say(`   Downloaded and unpacked: ${megabytes(await sizeOf(entry))}`);
  reporter.say(
    '   Verified: the npm package against the registry (npm); TensorFlow publishes no checksum for libtensorflow and the add-on, which came over https',
  );
  return undefined;
}
